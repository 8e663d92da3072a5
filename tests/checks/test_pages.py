"""authkit.E029, authkit.E030: pages that are included without what they need."""

from authkit.checks.project.pages import check_pages
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.test import override_settings
from django.urls import include, path

ENDPOINTS = path("api/v1/auth/", include("authkit.urls"))
COOKIES = path("api/v1/auth/", include("authkit.cookie_urls"))
PAGES = path("account/", include("authkit.pages.urls"))


class Urls:
    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


def found(*patterns, installed=True):
    apps = [*settings.INSTALLED_APPS, *(["authkit.pages"] if installed else [])]
    with override_settings(INSTALLED_APPS=apps, ROOT_URLCONF=Urls(*patterns)):
        messages = check_pages()
        ids = ("authkit.E029", "authkit.E030")
        assert messages == [one for one in run_checks(tags=[Tags.security]) if one.id in ids]
    return [(message.id, message.msg, message.hint) for message in messages]


def test_pages_that_have_what_they_need_are_not_reported():
    assert found(ENDPOINTS, COOKIES, PAGES) == []


def test_without_pages_nothing_is_missing():
    assert found(ENDPOINTS, installed=False) == []


def test_pages_that_are_not_installed_are_reported_with_what_to_type():
    assert found(ENDPOINTS, COOKIES, PAGES, installed=False) == [
        (
            "authkit.E029",
            "authkit.pages.urls is included, and its templates and scripts are not found.",
            'Add "authkit.pages" to INSTALLED_APPS.',
        )
    ]


def test_pages_without_the_cookie_form_are_reported_with_what_to_type():
    assert found(ENDPOINTS, PAGES) == [
        (
            "authkit.E030",
            "authkit.pages.urls is included, and authkit.cookie_urls not: the pages would have "
            "nothing to ask.",
            'Add path("api/v1/auth/", include("authkit.cookie_urls")) to urlpatterns.',
        )
    ]


def test_each_include_that_is_missing_is_named():
    ((_, message, hint),) = found(PAGES)
    assert "authkit.urls and authkit.cookie_urls not" in message
    assert hint == (
        'Add path("api/v1/auth/", include("authkit.urls")) and '
        'path("api/v1/auth/", include("authkit.cookie_urls")) to urlpatterns.'
    )
