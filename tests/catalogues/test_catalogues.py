"""Whatever people see can be said in each of the languages, and is, from the compiled file."""

import re

import pytest
from authkit.errors import TokenInvalid, TokenReused
from babel.messages.catalog import Catalog
from django.conf import settings
from django.template.loader import render_to_string
from django.test import override_settings
from django.utils import translation

from tests.catalogues.catalogues import (
    LANGUAGES,
    compiled,
    forms_of,
    marked,
    po_file,
    read,
    untranslated,
)
from tests.conftest import AUTH

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|\d+\.\d+\.\d+\.\d+/\d+|2001:db8::/32")
VARIANTS = {
    "de": "de-at",
    "es": "es-mx",
    "fr": "fr-ca",
    "pt": "pt-ao",
    "pt_BR": "pt-br",
    "zh_Hans": "zh-cn",
    "ar": "ar-dz",
}

pytestmark = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="module")
def template():
    return marked()


@pytest.fixture
def catalog(language):
    return read(language)


def keys(catalog):
    return {(message.id, message.context) for message in catalog if message.id}


def english(error):
    with translation.override("en"):
        return str(error.default_detail)


def test_what_is_marked_and_nothing_else_is_translated(template, catalog):
    assert len(template) > 100
    assert keys(catalog) == keys(template)
    assert untranslated(catalog) == []


def test_a_translation_is_told_the_same(catalog):
    for message in catalog:
        if message.id:
            wanted = sorted(
                PLACEHOLDER.findall(message.id[-1] if message.pluralizable else message.id)
            )
            for form in forms_of(message, catalog.num_plurals):
                assert sorted(PLACEHOLDER.findall(form)) == wanted, message.id


def test_a_translation_ends_as_what_it_translates(catalog):
    """A sentence stays a sentence, a label a label."""
    stops = ".:\u3002\uff1a\u06d4"  # Chinese and Arabic ones too
    for message in catalog:
        if message.id:
            text = message.id[0] if message.pluralizable else message.id
            for form in forms_of(message, catalog.num_plurals):
                assert (form[-1] in stops) == (text[-1] in stops), message.id
                assert form == form.strip()


def test_the_compiled_file_is_the_one_that_is_made_of_it(language, catalog):
    assert po_file(language).with_suffix(".mo").read_bytes() == compiled(catalog)


@pytest.mark.django_db
def test_a_refusal_is_in_the_language_of_the_client(client, language):
    middleware = ["django.middleware.locale.LocaleMiddleware", *settings.MIDDLEWARE]
    tag = language.replace("_", "-")
    with override_settings(MIDDLEWARE=middleware):
        answer = client.post(AUTH + "token/refresh/", {"refresh": "x"}, HTTP_ACCEPT_LANGUAGE=tag)
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_invalid"
    with translation.override(tag):
        assert answer.json()["detail"] == str(TokenInvalid.default_detail)
    assert answer.json()["detail"] != english(TokenInvalid)


def test_a_variant_gets_the_language_it_belongs_to(language):
    variant = translation.get_supported_language_variant(VARIANTS[language])
    with translation.override(variant):
        answer = str(TokenInvalid.default_detail)
    with translation.override(language.replace("_", "-")):
        assert answer == str(TokenInvalid.default_detail)


def test_a_project_says_it_in_its_own_words(language, tmp_path):
    own = Catalog(language)
    own.add(english(TokenInvalid), "So they say.")
    folder = tmp_path / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    folder.joinpath("django.mo").write_bytes(compiled(own))
    tag = language.replace("_", "-")
    with override_settings(LOCALE_PATHS=[tmp_path]), translation.override(tag):
        assert str(TokenInvalid.default_detail) == "So they say."
        assert str(TokenReused.default_detail) != english(TokenReused)


def test_a_mail_says_its_language_and_which_way_it_is_read(language):
    tag = language.replace("_", "-")
    with translation.override(tag):
        html = render_to_string("authkit/mail/token_reused.html", {"username": "reader"})
    assert f'lang="{translation.to_language(tag)}"' in html.lower()
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in html
