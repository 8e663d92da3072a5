"""authkit.E031, authkit.W030: settings that do not lead to the pages that mails should lead to."""

import pytest
from authkit.checks.project.mailed_pages import check_mailed_pages
from authkit.pages import mail_views
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.test import override_settings
from django.urls import include, path

pytestmark = pytest.mark.addresses

RESET = "https://app.example/account/password/reset/confirm/"
LINK = "https://app.example/account/link/"
RIGHT = {
    "PASSWORD_RESET_URL": f"{RESET}#uid={{uid}}&token={{token}}",
    "EMAIL_VERIFICATION_URL": f"{LINK}#action={{action}}&token={{token}}",
}
INCLUDED = [
    path("api/v1/auth/", include("authkit.urls")),
    path("api/v1/auth/", include("authkit.cookie_urls")),
    path("account/", include("authkit.pages.urls")),
]


class Urls:
    def __init__(self, patterns):
        self.urlpatterns = list(patterns)


def found(authkit, patterns=INCLUDED):
    apps = [*settings.INSTALLED_APPS, "authkit.pages"]
    with override_settings(INSTALLED_APPS=apps, ROOT_URLCONF=Urls(patterns), AUTHKIT=authkit):
        messages = check_mailed_pages()
        assert messages == [
            one
            for one in run_checks(tags=[Tags.security])
            if one.id in ("authkit.E031", "authkit.W030")
        ]
    return [(message.id, message.msg, message.hint) for message in messages]


def test_urls_of_the_pages_are_right():
    assert found(RIGHT) == []


def test_without_the_word_for_what_a_link_does_the_page_works_all_the_same():
    assert found({**RIGHT, "EMAIL_VERIFICATION_URL": f"{LINK}#token={{token}}"}) == []


def test_pages_to_which_no_mail_leads_are_reported_with_what_to_type():
    (reset, link) = found({})
    assert reset == (
        "authkit.W030",
        "AUTHKIT['PASSWORD_RESET_URL'] is not set, so no mail leads to the page "
        "'/account/password/reset/confirm/'.",
        'Write "PASSWORD_RESET_URL": "https://app.example.com/account/password/reset/confirm/'
        '#uid={uid}&token={token}", with the host of your site, or None if no mail should. It is '
        "not taken from requests: a forged Host header would send the tokens of your users to "
        "another site.",
    )
    assert link[0] == "authkit.W030"
    assert "/account/link/#action={action}&token={token}" in link[2]


def test_what_is_none_is_wanted_so():
    assert found({"PASSWORD_RESET_URL": None, "EMAIL_VERIFICATION_URL": None}) == []


def test_pages_of_the_project_are_not_judged():
    urls = {
        "PASSWORD_RESET_URL": "https://app.example/reset?uid={uid}&token={token}",
        "EMAIL_VERIFICATION_URL": "https://app.example/confirm/{token}/",
    }
    assert found(urls) == []


def test_without_the_pages_nothing_is_missing():
    assert found({}, INCLUDED[:2]) == []


def test_a_page_that_is_not_included_is_not_missed():
    reset = mail_views.PasswordResetConfirmPage.as_view()
    pages = ([path("new-password/", reset, name="password-reset-confirm")], "authkit_pages")
    ((_, message, _),) = found({}, [*INCLUDED[:2], path("", include(pages))])
    assert "'/new-password/'" in message


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("PASSWORD_RESET_URL", f"{RESET}?uid={{uid}}&token={{token}}"),
        ("PASSWORD_RESET_URL", f"{RESET}?uid={{uid}}#token={{token}}"),
        ("PASSWORD_RESET_URL", f"{RESET}#{{uid}}/{{token}}"),
        ("PASSWORD_RESET_URL", f"{RESET}#uid={{uid}}&key={{token}}"),
        ("EMAIL_VERIFICATION_URL", f"{LINK}?token={{token}}"),
        ("EMAIL_VERIFICATION_URL", f"{LINK}#{{token}}"),
    ],
)
def test_a_token_that_its_page_does_not_find_is_reported_with_what_to_type(setting, url):
    assert found({**RIGHT, setting: url}) == [
        (
            "authkit.E031",
            f"AUTHKIT['{setting}'] leads to a page of authkit.pages, which finds no token there.",
            f'Write "{RIGHT[setting]}".',
        )
    ]


@pytest.mark.parametrize("authkit", [None, [], {"PASSWORD_RESET_URL": 5}])
def test_what_another_check_reports_is_left_to_it(authkit):
    assert "authkit.E031" not in [one[0] for one in found(authkit)]
