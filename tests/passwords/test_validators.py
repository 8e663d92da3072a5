"""The two validators of ours, and that every way to a new password asks the project's."""

import pytest
from authkit.passwords.validators import ContextWordsValidator, MinimumLengthValidator
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import override_settings

from tests.conftest import AUTH, bearer
from tests.factors.conftest import enrol

__all__ = ["enrol"]

pytestmark = pytest.mark.django_db


def refusal(validator, password, user=None):
    """Return the code of the refusal, or None."""
    try:
        validator.validate(password, user)
    except ValidationError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("letters", "right"), [(7, False), (8, False), (14, False), (15, True), (4096, True)]
)
def test_a_password_that_opens_alone_has_fifteen_characters(user, letters, right):
    for of_whom in (None, user, get_user_model()()):
        for letter in ("x", " ", "\u0301", "\U0001f600"):
            code = refusal(MinimumLengthValidator(), letter * letters, of_whom)
            assert code == (None if right else "password_too_short")


def test_beside_a_second_factor_eight_will_do(enrol, user):
    enrol(user)
    assert refusal(MinimumLengthValidator(), "x" * 7, user) == "password_too_short"
    assert refusal(MinimumLengthValidator(), "x" * 8, user) is None


def test_both_lengths_can_be_chosen(enrol, user):
    validator = MinimumLengthValidator(min_length=20, min_length_with_second_factor=10)
    assert refusal(validator, "x" * 19, user) == "password_too_short"
    assert refusal(validator, "x" * 20, user) is None
    enrol(user)
    assert refusal(validator, "x" * 9, user) == "password_too_short"
    assert refusal(validator, "x" * 10, user) is None
    assert "20" in validator.get_help_text()
    assert "10" in validator.get_help_text()


CONTEXT = "password_of_context_words"


@pytest.fixture
def of_context(make_reader, settings):
    settings.ALLOWED_HOSTS = ["api.bookshelf.example", ".bookshelf.example", "*"]
    settings.OTP_TOTP_ISSUER = "The Library"
    user = make_reader("fitzwilliam", "darcy@pemberley.example")
    validator = ContextWordsValidator(words=["Rosings Park"])
    return lambda password: refusal(validator, password, user)


@pytest.mark.parametrize(
    "password",
    [
        "bookshelf",
        "BookShelf123!!!!!!!",
        "The Library The Library",
        "l1br4ry-2024",
        "\u04cf\u0456brary-l\u0456br\u0430ry",
        "pemberley-darcy-1",
        "d\xe1rcy d\xe0rcy darcy",
        "Rosings Park Rosings",
        "rosingspark",
        "darcy.pemberley.example",
        "  darcy  ....  darcy  ",
    ],
)
def test_hardly_more_than_words_of_context_is_refused(of_context, password):
    assert of_context(password) == CONTEXT


@pytest.mark.parametrize(
    "password",
    [
        "i love the library very much",
        "correct horse battery staple",
        "darcy rode eleven horses",
        "the the the",
        "",
        "\u56fe\u4e66\u9986",
    ],
)
def test_a_sentence_with_such_a_word_in_it_will_do(of_context, password):
    assert of_context(password) is None


def test_short_words_are_in_too_many_passwords(make_reader):
    user = make_reader("ann", "bob@api.io")
    assert refusal(ContextWordsValidator(), "annbobapi", user) is None


def test_without_a_user_the_service_is_looked_at_all_the_same(settings):
    settings.OTP_TOTP_ISSUER = lambda device: "nobody's device"
    settings.ALLOWED_HOSTS = ["bookshelf.example"]
    assert refusal(ContextWordsValidator(), "bookshelf") == CONTEXT
    assert ContextWordsValidator().get_help_text()


def test_the_name_of_the_site_is_a_word_of_context(settings):
    settings.AUTHKIT = {"SITE_NAME": "The Library"}
    assert refusal(ContextWordsValidator(), "l1br4ry-2024") == CONTEXT
    settings.AUTHKIT = {}
    assert refusal(ContextWordsValidator(), "l1br4ry-2024") is None


@override_settings(
    AUTH_PASSWORD_VALIDATORS=[
        {"NAME": "authkit.password_validation.MinimumLengthValidator"},
        {
            "NAME": "authkit.password_validation.ContextWordsValidator",
            "OPTIONS": {"words": ["bookshelf"]},
        },
    ]
)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("password", ["fourteen chars", "bookshelf bookshelf"])
def test_a_change_and_a_reset_use_the_same_validators(client, reader, forgetful, password):
    link = forgetful.link("reader@example.com")
    access = client.pair(reader)["access"]
    body = {"current_password": "correct horse battery staple", "new_password": password}
    changed = client.post(AUTH + "password/change/", body, **bearer(access))
    confirmed = forgetful.confirm(link, password)
    assert changed.status_code == confirmed.status_code == 400
    assert changed.json() == confirmed.json()
    assert list(changed.json()) == ["new_password"]
