"""Pages that settings turn on, and where the links of mails lead (Host header injection)."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client

from tests.accounts.calls import EMAIL, body
from tests.accounts.test_registration import make
from tests.conftest import AUTH
from tests.pages.conftest import AUTHKIT

pytestmark = pytest.mark.addresses

RESETS = ["/account/password/reset/", "/account/password/reset/confirm/"]
LINKS = ["/account/link/", "/account/email/"]
REGISTER = "/account/register/"
FORGED = {
    "HTTP_HOST": "evil.example",
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_FORWARDED": "host=evil.example",
    "HTTP_ORIGIN": "https://evil.example",
    "HTTP_REFERER": "https://evil.example/",
}


def without(name):
    return {setting: value for setting, value in AUTHKIT.items() if setting != name}


def links_in(answer):
    return {element["href"] for _, element, _ in answer.elements.named("a")}


def inputs_of(answer):
    return {each["name"]: each for _, each, _ in answer.elements.named("input") if "name" in each}


@pytest.mark.parametrize(
    ("missing", "urls"),
    [
        ("PASSWORD_RESET_URL", RESETS),
        ("EMAIL_VERIFICATION_URL", [*LINKS, REGISTER]),
        ("REGISTRATION", [REGISTER]),
    ],
)
def test_a_page_that_could_do_nothing_is_not_there_and_no_page_links_to_it(
    browse, settings, missing, urls
):
    settings.AUTHKIT = without(missing)
    for url in urls:
        assert Client().get(url).status_code == 404
    for url in ("/account/", "/account/log-in/"):
        assert not links_in(browse(url)) & set(urls)


def test_the_log_in_and_the_menu_link_to_pages_that_are_there(browse):
    assert {RESETS[0], REGISTER} <= links_in(browse("/account/log-in/"))
    assert "/account/email/" in links_in(browse("/account/"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trusts_the_proxy", [False, True])
def test_a_forged_host_changes_no_link_in_a_mail(settings, mailers, trusts_the_proxy):
    settings.ALLOWED_HOSTS = ["*"]
    settings.USE_X_FORWARDED_HOST = trusts_the_proxy
    make("ann@example.com", "ann")
    requests = [
        ("password/reset/", {"email": "ann@example.com"}),
        ("register/", body("new@example.com")),
    ]
    for path, sent in requests:
        answer = Client().post(AUTH + path, sent, content_type="application/json", **FORGED)
        assert answer.status_code == 202, answer.content
    assert len(mail.outbox) == 2
    for message in mail.outbox:
        contents = [message.body, *(content for content, _ in message.alternatives)]
        assert not [content for content in contents if "evil" in content]
        assert re.search(r"https://app\.example/\S+[#&]token=[\w-]{43}\s", f"{message.body}\n")


@pytest.mark.django_db(transaction=True)
def test_without_the_setting_no_link_is_mailed_whatever_pages_are_included(settings, mailers):
    """The pages are included, and nothing but a request says which host they are at."""
    settings.AUTHKIT = {}
    make("ann@example.com", "ann")
    sent = {"email": "ann@example.com"}
    answer = Client().post(AUTH + "password/reset/", sent, content_type="application/json")
    assert answer.status_code == 202
    assert mail.outbox == []


def test_a_token_in_the_query_of_a_page_is_not_shown(browse):
    for url in (RESETS[1], LINKS[0]):
        answer = browse(f"{url}?uid=MQ&token=secret-token&action=secret-action")
        assert "secret" not in answer.content.decode()


def test_the_registration_asks_for_what_the_serializer_wants(browse):
    inputs = inputs_of(browse(REGISTER))
    assert set(inputs) == set(body("new@example.com"))
    assert inputs["password"]["autocomplete"] == "new-password"
    assert inputs[EMAIL]["type"] == inputs[EMAIL]["inputmode"] == "email"
    name = get_user_model().USERNAME_FIELD
    assert inputs[name]["autocomplete"] == "username"
    assert int(inputs[name]["maxlength"]) == get_user_model()._meta.get_field(name).max_length


def label_of_the_email(browse, language="en"):
    answer = browse(REGISTER, accept_language=language)
    field = inputs_of(answer)[EMAIL]["id"]
    labels = answer.elements.named("label")
    [text] = [text for _, each, text in labels if each["for"] == field]
    return "".join(text)


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "pt-br", "zh-hans", "ar"])
def test_the_email_address_has_one_name_on_all_pages(browse, settings, language):
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware", *settings.MIDDLEWARE]
    [(_, _, heading)] = browse(LINKS[1], accept_language=language).elements.named("h1")
    assert label_of_the_email(browse, language) == "".join(heading)


def test_the_email_address_keeps_the_name_that_the_project_gives_it(browse, monkeypatch):
    monkeypatch.setattr(get_user_model()._meta.get_field(EMAIL), "verbose_name", "mail at work")
    assert label_of_the_email(browse) == "Mail at work"


def test_passwords_are_stored_and_offered_as_what_they_are(browse):
    assert inputs_of(browse(RESETS[1]))["new_password"]["autocomplete"] == "new-password"
    assert inputs_of(browse(LINKS[0]))["password"]["autocomplete"] == "current-password"


@pytest.mark.parametrize("url", [RESETS[1], REGISTER, LINKS[0]])
def test_the_rules_of_the_project_are_listed(browse, settings, url):
    name = "django.contrib.auth.password_validation.MinimumLengthValidator"
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": name, "OPTIONS": {"min_length": 13}}]
    assert "at least 13 characters" in browse(url).content.decode()


def test_a_page_says_how_long_its_link_works(browse, settings):
    settings.AUTHKIT = {**AUTHKIT, "PASSWORD_RESET_LIFETIME": timedelta(minutes=1)}
    assert "works for 1 minute." in browse(RESETS[0]).content.decode()


def test_the_link_is_sent_again_where_the_api_sends_it(browse, settings):
    def buttons():
        found = browse("/account/email/").elements.named("button")
        return [attributes for _, attributes, _ in found if "data-resend" in attributes]

    assert len(buttons()) == 1
    settings.AUTHKIT = without("REGISTRATION")
    assert buttons() == []
