"""What a browser is told about a page, and what a page may therefore do."""

import django
import pytest
from authkit.pages import views
from django.test import Client
from django.urls import include, path

from tests.pages.conftest import PAGES

ALONE = "'self'"


class OwnPage(views.LogInPage):
    """A page that a project has changed, as views of Django are changed."""

    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)


own_pages = ([path("log-in/", OwnPage.as_view(), name="log-in")], "authkit_pages")

#: Those of such a project.
urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("api/v1/auth/", include("authkit.cookie_urls")),
    path("own/", include(own_pages)),
]


def policy_of(answer):
    directives = answer.headers["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def test_nothing_is_loaded_but_files_of_this_site(page):
    assert policy_of(page) == {
        "default-src": "'none'",
        "script-src": ALONE,
        "style-src": ALONE,
        "img-src": f"{ALONE} data:",
        "font-src": ALONE,
        "connect-src": ALONE,
        "form-action": ALONE,
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def test_static_files_of_another_origin_are_loaded_and_nothing_else_of_it(browse, settings):
    settings.STATIC_URL = "https://static.example/v1/"
    policy = policy_of(browse("/account/log-in/"))
    files = f"{ALONE} https://static.example"
    assert [policy["script-src"], policy["style-src"], policy["font-src"]] == [files] * 3
    assert policy["img-src"] == f"{files} data:"
    assert policy["connect-src"] == policy["form-action"] == ALONE


def test_a_page_is_neither_cached_nor_framed_nor_named_to_others(page):
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_page_sets_no_cookie(page):
    assert not page.cookies


def test_middleware_of_the_project_loosens_nothing(browse, settings):
    settings.X_FRAME_OPTIONS = "SAMEORIGIN"
    settings.SECURE_REFERRER_POLICY = "unsafe-url"
    settings.MIDDLEWARE = [
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        *settings.MIDDLEWARE,
    ]
    answer = browse("/account/")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_the_policy_of_djangos_middleware_does_not_replace_that_of_a_page(browse, settings):
    settings.SECURE_CSP = {"default-src": ["*"], "script-src": ["'unsafe-inline'"]}
    if django.VERSION >= (6, 0):
        csp = "django.middleware.csp.ContentSecurityPolicyMiddleware"
        settings.MIDDLEWARE = [csp, *settings.MIDDLEWARE]
    policy = policy_of(browse("/account/"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == ALONE


def test_a_project_behind_a_log_in_shows_the_pages_all_the_same(page, browse, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert browse(page.request["PATH_INFO"]).content == page.content


def test_so_does_a_page_that_the_project_has_changed(browse, settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert browse("/own/log-in/").headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("url", PAGES)
def test_a_form_that_no_script_has_sent_is_refused(url):
    """A password that is typed before the script runs reaches neither a URL nor a view."""
    answer = Client().post(url, {"password": "typed early"})
    assert answer.status_code == 405
