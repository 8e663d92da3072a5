"""A project overrides templates one by one, and includes the pages that it wants."""

import re
from pathlib import Path

import pytest
from authkit.pages import views
from django.conf import settings as django_settings

from tests.pages.conftest import PAGES

ROOM = Path(views.__file__).parent
#: Those of the pages, and the parts that they share with the admin site.
ROOTS = [ROOM / "templates", ROOM.parent / "templates"]
FOLDERS = ["authkit/pages", "authkit/parts"]

#: Of pages that are there only where users have e-mail addresses; each word is part of a name.
OF_MAILS = re.compile("email|link|password_reset|regist")

NAMES = [
    pytest.param(name, marks=[pytest.mark.addresses] if OF_MAILS.search(name) else [])
    for name in sorted(
        path.relative_to(root).as_posix()
        for root in ROOTS
        for folder in FOLDERS
        for path in (root / folder).rglob("*.html")
    )
]

#: What a page has besides its own block: a project fills or replaces them in its base.
BLOCKS = [
    "title",
    "icon",
    "needs",
    "head",
    "header",
    "logo",
    "brand",
    "navigation",
    "main",
    "footer",
]


@pytest.fixture
def override(tmp_path, settings):
    """A function that writes a template of the project, which stands before those of apps."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (engine,) = django_settings.TEMPLATES
        settings.TEMPLATES = [engine | {"DIRS": [tmp_path]}]

    return write


@pytest.mark.parametrize("name", NAMES)
def test_every_template_can_be_overridden_alone(browse, override, name):
    override(name, "Of the project")
    assert any("Of the project" in browse(url).content.decode() for url in PAGES)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_can_be_overridden_in_a_page(browse, override, block):
    own = "{% extends 'authkit/pages/base.html' %}{% block BLOCK %}Of the project{% endblock %}"
    override("authkit/pages/sessions.html", own.replace("BLOCK", block))
    assert "Of the project" in browse("/account/sessions/").content.decode()


@pytest.mark.parametrize("url", PAGES)
def test_a_style_sheet_of_the_project_stands_after_ours_on_every_page(browse, override, url):
    link = '<link rel="stylesheet" href="/shop.css">'
    base = "{% extends 'authkit/pages/base.html' %}{% block head %}LINK{% endblock %}"
    override("authkit/pages/base.html", base.replace("LINK", link))
    links = [attributes for _, attributes, _ in browse(url).elements.named("link")]
    styles = [each["href"] for each in links if each["rel"] == "stylesheet"]
    assert len(styles) > 1
    assert styles[-1] == "/shop.css"


def test_a_project_can_include_one_page(browse, settings):
    settings.ROOT_URLCONF = "tests.pages.log_in_alone"
    answer = browse("/log-in/")
    metas = {each.get("name"): each["content"] for _, each, _ in answer.elements.named("meta")[1:]}
    assert metas["authkit-log-in-url"] == "/log-in/"
    assert metas["authkit-second-factor-url"] == ""
