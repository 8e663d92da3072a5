"""The HTML of the pages: no inline code, no outside address, words and names that scripts find."""

import gzip
import re
from pathlib import Path

import pytest
from authkit.pages import views
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.utils import translation

from tests.pages.conftest import PAGES

FILES = Path(views.__file__).parent / "static" / "authkit" / "pages"
SCRIPTS = {path.name: path.read_text() for path in FILES.glob("*.js")}
TEMPLATES = Path(views.__file__).parent / "templates"

#: Attributes with a URL.
URLS = {"href", "src", "action", "formaction", "poster", "data", "srcset"}

#: How much of a page is transferred, compressed, with everything that it loads.
MOST_BYTES = 60_000


def test_there_is_no_inline_code(page):
    for name, attributes, text in page.elements.found:
        assert name != "style"
        assert name != "script" or (attributes["src"] and not "".join(text).strip())
        assert not [each for each in attributes if each.startswith("on") or each == "style"]
        urls = [attributes[each] for each in URLS & attributes.keys()]
        assert not [url for url in urls if url and url.strip().lower().startswith("javascript:")]


def test_no_address_is_of_another_site(page):
    for _, attributes, _ in page.elements.found:
        for name in URLS & attributes.keys():
            assert re.match(r"(/(?!/)|#|data:,$)", attributes[name] or "#"), attributes


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_make_no_markup_and_no_code_of_text_and_store_nothing(script):
    # api.js notes the time of a refresh, so that the next page waits for its answer.
    text = SCRIPTS[script].replace("return localStorage;", "")
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
        r"|localStorage|sessionStorage|indexedDB|document\.cookie|https?:"
    )
    assert not re.search(forbidden, text)


def test_every_file_that_a_page_loads_is_there(page):
    loaded = {
        attributes.get("src") or attributes.get("href")
        for _, attributes, _ in page.elements.named("script", "link")
    } - {"data:,"}
    assert len(loaded) >= 4
    for url in loaded:
        name = Path(url).name
        assert url == f"/static/authkit/pages/{name}"
        assert (FILES / name).is_file()


@pytest.mark.parametrize("url", PAGES)
def test_every_module_that_a_script_imports_is_linked_by_its_page(browse, url):
    elements = browse(url).elements
    links = {
        attributes["id"]: Path(attributes["href"]).name
        for _, attributes, _ in elements.named("link")
        if attributes["rel"] == "modulepreload"
    }
    waiting = {Path(attributes["src"]).name for _, attributes, _ in elements.named("script")}
    imported = set()
    while waiting:
        script = SCRIPTS[waiting.pop()]
        names = re.findall(r'(?:getElementById|element)\("([\w-]+)"\)\.href,?\s*\)', script)
        assert len(names) == script.count("await import(")
        modules = {links[name] for name in names}
        waiting |= modules - imported
        imported |= modules
    assert imported == set(links.values())


def test_a_page_is_small(page):
    loaded = {
        FILES / Path(attributes.get("src") or attributes["href"]).name
        for _, attributes, _ in page.elements.named("script", "link")
        if (attributes.get("src") or attributes["href"]) != "data:,"
    }
    bodies = [page.content, *(path.read_bytes() for path in loaded)]
    assert sum(len(gzip.compress(body)) for body in bodies) < MOST_BYTES


def test_every_word_that_scripts_say_is_in_a_template_and_no_other():
    said = set()
    for script in SCRIPTS.values():
        for spoken in re.findall(r"say\(((?:[^()]|\([^()]*\))*)\)", script):
            said |= set(re.findall(r'"([\w-]+)"', spoken.partition("{")[0]))
    written = set()
    for template in TEMPLATES.rglob("*.html"):
        written |= set(re.findall(r'data-word="([\w-]+)"', template.read_text()))
    # By the reason in the URL, and by the code of a refusal.
    said |= {"ended", "logged-out", "account-deleted", "factor-required", "invalid_credentials"}
    assert said == written


def test_ids_are_unique_and_every_reference_is_to_one(page):
    ids = [attributes["id"] for _, attributes, _ in page.elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes, _ in page.elements.found:
        for name in ("for", "aria-describedby", "aria-labelledby", "data-reveals"):
            assert set((attributes.get(name) or "").split()) <= set(ids)


def test_every_field_has_a_label_and_says_what_belongs_in_it(page):
    labelled = {attributes.get("for") for _, attributes, _ in page.elements.named("label")}
    for _, attributes, _ in page.elements.named("input"):
        assert "autocomplete" in attributes
        assert (
            attributes.get("id") in labelled
            or attributes.get("type") == "checkbox"
            or ("hidden" in attributes)
        )


def test_codes_are_typed_as_phones_offer_them(browse):
    inputs = browse("/account/second-factor/").elements.named("input")
    code = next(each for _, each, _ in inputs if each.get("id") == "authkit-first-code")
    assert code["autocomplete"] == "one-time-code"
    assert code["inputmode"] == "numeric"


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("de", "ltr"), ("ar", "rtl")])
def test_a_page_says_its_language_and_where_a_line_begins(browse, settings, language, direction):
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware", *settings.MIDDLEWARE]
    ((_, html, _),) = browse("/account/", accept_language=language).elements.named("html")
    assert (html["lang"], html["dir"]) == (language, direction)


def test_without_scripts_a_page_says_what_it_needs(page):
    (noscript,) = page.elements.named("noscript")
    after = page.elements.found[page.elements.found.index(noscript) + 1]
    assert "JavaScript" in "".join(after[2])


def test_the_name_of_the_site_is_text(browse, settings):
    settings.AUTHKIT = {"SITE_NAME": "<b onclick=x>Rose & Thorn</b>"}
    answer = browse("/account/second-factor/")
    assert not answer.elements.named("b")
    assert "&lt;b onclick=x&gt;Rose &amp; Thorn&lt;/b&gt;" in answer.content.decode()


def label_of_the_user_name(answer):
    labels = answer.elements.named("label")
    ((_, _, text),) = [each for each in labels if each[1]["for"] == "authkit-username"]
    return "".join(text)


def test_the_log_in_asks_for_the_user_name_of_the_project(browse):
    answer = browse("/account/log-in/")
    field = get_user_model()._meta.get_field(get_user_model().USERNAME_FIELD)
    assert label_of_the_user_name(answer).lower() == str(field.verbose_name).lower()
    inputs = answer.elements.named("input")
    (given,) = [each for _, each, _ in inputs if each["id"] == "authkit-username"]
    assert given["name"] == field.name
    assert given["type"] == ("email" if field.name == "email" else "text")


@pytest.mark.addresses
@pytest.mark.user_names
def test_the_log_in_names_every_field_that_it_takes(browse, settings):
    settings.AUTHKIT = {"LOGIN_FIELDS": [get_user_model().USERNAME_FIELD, "email"]}
    with translation.override("en"):
        assert label_of_the_user_name(browse("/account/log-in/")) == "Username or email address"


def test_the_password_page_lists_the_rules_of_the_project(browse, settings):
    name = "django.contrib.auth.password_validation.MinimumLengthValidator"
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": name, "OPTIONS": {"min_length": 13}}]
    assert "at least 13 characters" in browse("/account/password/").content.decode()


def test_static_files_are_found_by_django():
    assert finders.AppDirectoriesFinder().find("authkit/pages/api.js") == str(FILES / "api.js")
