"""The HTML of the pages: no inline code, no outside address, words and names that scripts find."""

import gzip
import re
from pathlib import Path

import pytest
from authkit.pages import views
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.utils import translation

#: The files of the pages, and the parts that they share with the admin site.
ROOM = Path(views.__file__).parent
FOLDERS = {
    "pages": ROOM / "static" / "authkit" / "pages",
    "parts": ROOM.parent / "static" / "authkit" / "parts",
}
FILES = {
    f"{name}/{path.relative_to(folder).as_posix()}": path
    for name, folder in FOLDERS.items()
    for path in folder.rglob("*.*")
}
SCRIPTS = {name: path.read_text() for name, path in FILES.items() if path.suffix == ".js"}
TEMPLATES = [
    *(ROOM / "templates").rglob("*.html"),
    *(ROOM.parent / "templates" / "authkit" / "parts").rglob("*.html"),
]
URL_OF_FILES = "/static/authkit/"

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
    # client.js notes the time of a refresh, so that the next page waits for its answer.
    text = SCRIPTS[script].replace("return localStorage;", "")
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
        r"|localStorage|sessionStorage|indexedDB|document\.cookie|https?:"
    )
    assert not re.search(forbidden, text)


def name_of(url):
    """Return the name of a file of the pages, with its folder."""
    assert url.startswith(URL_OF_FILES)
    return url.removeprefix(URL_OF_FILES)


def test_every_file_that_a_page_loads_is_there(page):
    loaded = {
        attributes.get("src") or attributes.get("href")
        for _, attributes, _ in page.elements.named("script", "link")
    } - {"data:,"}
    loaded |= {
        attributes["content"]
        for _, attributes, _ in page.elements.named("meta")
        if attributes.get("name") == "authkit-later"
    }
    assert len(loaded) >= 4
    for url in loaded:
        assert FILES[name_of(url)].is_file()


def named_modules(page):
    """Return the files of the modules that a page loads, and loads later, by id."""
    loaded = {
        attributes["id"]: name_of(attributes["href"])
        for _, attributes, _ in page.elements.named("link")
        if attributes["rel"] == "modulepreload"
    }
    later = {
        attributes["id"]: name_of(attributes["content"])
        for _, attributes, _ in page.elements.named("meta")
        if attributes.get("name") == "authkit-later"
    }
    return loaded, later


def imported_by(script):
    text = SCRIPTS[script]
    names = re.findall(r'await module\("([\w-]+)"\)', text)
    links = re.findall(r'await import\(\s*document\.getElementById\("([\w-]+)"\)\.href\s*\)', text)
    assert len(names) == len(re.findall(r"await module\((?!meta\.id)", text))
    assert len(links) == text.count("await import(")
    return {*names, *links}


def imported_later_by(script):
    return set(re.findall(r'await later\("([\w-]+)"\)', SCRIPTS[script]))


def needed_by(scripts, modules):
    """Return the ids of what scripts import, and of what that imports."""
    found, waiting = set(), list(scripts)
    while waiting:
        names = imported_by(waiting.pop()) - found
        found |= names
        waiting += [modules[name] for name in names]
    return found


def test_every_module_that_a_script_imports_is_named_by_its_page(page):
    loaded, later = named_modules(page)
    scripts = [name_of(attributes["src"]) for _, attributes, _ in page.elements.named("script")]
    # All that it waits for is in its head, so that it takes one round.
    assert needed_by(scripts, loaded) == loaded.keys()
    asked_for = set().union(*map(imported_later_by, [*scripts, *loaded.values()]))
    # A page that asks for no proof has no script that does.
    assert asked_for - later.keys() <= {"authkit-step-up-module"}
    begun = asked_for & later.keys()
    needed = needed_by([later[name] for name in begun], loaded | later)
    assert begun | needed - loaded.keys() == later.keys()


def test_a_page_is_small(page):
    loaded = {
        FILES[name_of(attributes.get("src") or attributes["href"])]
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
    for template in TEMPLATES:
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


def test_only_what_is_typed_is_aligned_by_its_own_letters(page):
    """Other texts of a user are in ``<bdi>``: isolated, and where the line begins."""
    by_content = [name for name, each, _ in page.elements.found if each.get("dir") == "auto"]
    assert set(by_content) <= {"input", "textarea"}


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
    label = "e-mail address" if field.name == "email" else str(field.verbose_name)
    assert label_of_the_user_name(answer).lower() == label.lower()
    inputs = answer.elements.named("input")
    (given,) = [each for _, each, _ in inputs if each["id"] == "authkit-username"]
    assert given["name"] == field.name
    assert given["type"] == ("email" if field.name == "email" else "text")


@pytest.mark.addresses
@pytest.mark.user_names
def test_the_log_in_names_every_field_that_it_takes(browse, settings):
    settings.AUTHKIT = {"LOGIN_FIELDS": [get_user_model().USERNAME_FIELD, "email"]}
    with translation.override("en"):
        assert label_of_the_user_name(browse("/account/log-in/")) == "Username or e-mail address"


def test_the_password_page_lists_the_rules_of_the_project(browse, settings):
    name = "django.contrib.auth.password_validation.MinimumLengthValidator"
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": name, "OPTIONS": {"min_length": 13}}]
    assert "at least 13 characters" in browse("/account/password/").content.decode()


@pytest.mark.parametrize("name", ["pages/api/client.js", "parts/copy.js"])
def test_static_files_are_found_by_django(name):
    assert finders.AppDirectoriesFinder().find(f"authkit/{name}") == str(FILES[name])
