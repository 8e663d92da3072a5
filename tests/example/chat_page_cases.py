"""The page of the chats: what it may load, and that it is there. Run by test_project.py.

``tests/browser/test_chat.py`` uses it in a browser.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import SimpleTestCase

CHAT = "/chat/"


class Elements(HTMLParser):
    """Every element of a page, as its tag and its attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


class ChatPageTests(SimpleTestCase):
    def setUp(self):
        self.answer = self.client.get(CHAT)
        self.elements = Elements(self.answer.text).found

    def test_its_policy_allows_nothing_but_files_of_this_server(self):
        parts = self.answer.headers["Content-Security-Policy"].split("; ")
        policy = dict(part.split(" ", 1) for part in parts)
        assert policy.pop("default-src") == "'none'"
        assert policy.pop("require-trusted-types-for") == "'script'"
        assert set(policy.values()) == {"'self'", "'none'"}
        assert policy["script-src"] == "'self'"

    def test_it_has_no_inline_code(self):
        for tag, attributes in self.elements:
            assert tag != "style"
            assert not [name for name in attributes if name.startswith("on")], attributes
            assert "style" not in attributes
            if tag == "script":
                assert "src" in attributes

    def test_a_form_that_is_sent_without_its_script_puts_no_password_into_the_url(self):
        methods = [attributes.get("method") for tag, attributes in self.elements if tag == "form"]
        assert set(methods) == {"post"}

    def test_every_control_has_a_label(self):
        labelled = {attributes["for"] for tag, attributes in self.elements if tag == "label"}
        fields = {
            attributes["id"] for tag, attributes in self.elements if tag in ("input", "textarea")
        }
        assert labelled == fields

    def test_every_file_that_it_loads_is_there(self):
        urls = {attributes.get("src") or "" for tag, attributes in self.elements}
        urls |= {attributes["href"] for tag, attributes in self.elements if tag == "link"}
        names = {url.removeprefix(settings.STATIC_URL) for url in urls - {""}}
        assert len(names) == 3
        for name in names:
            assert finders.find(name) is not None, name

    def test_every_module_that_is_imported_is_there(self):
        folder = Path(finders.find("chat_page/main.js")).parent
        for module in folder.glob("*.js"):
            source = module.read_text(encoding="utf-8")
            for imported in re.findall(r'from "(.+?)";', source):
                assert (folder / imported).is_file(), imported
