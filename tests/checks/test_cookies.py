"""authkit.E028, W028, W029: settings of the project that break the cookie form."""

import pytest
from authkit.checks.project.cookies import check_cookies, check_secure_cookies
from authkit.checks.project.cors import check_cors
from corsheaders.defaults import default_headers
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.test import override_settings
from django.urls import include, path

OURS = [path("auth/", include(f"authkit.{one}")) for one in ("urls", "cookie_urls")]
APP, OTHER = "https://app.example.com", "https://other.example.com"

LEFT_OUT = (
    f"Pages of {APP} cannot use the cookie form: CORS_ALLOW_CREDENTIALS is off, and the browser "
    "leaves the cookie out."
)
UNLISTED = (
    f"Pages of {OTHER} may send cookies, and the cookie form refuses them as forgery: "
    "CSRF_TRUSTED_ORIGINS does not list them."
)


class Urls:
    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


def found(*, patterns=OURS, installed=True, check=check_cookies, **options):
    apps = [*settings.INSTALLED_APPS, *(["corsheaders"] if installed else [])]
    with override_settings(INSTALLED_APPS=apps, ROOT_URLCONF=Urls(*patterns), **options):
        messages = check()
        told = run_checks(tags=[Tags.security], include_deployment_checks=True)
        assert [one for one in told if one in messages] == messages
    return [(message.id, message.msg, message.hint) for message in messages]


def test_a_project_that_says_nothing_is_right():
    assert found() == []


@pytest.mark.parametrize(
    "setting", ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME"]
)
@pytest.mark.parametrize("name", ["__Host-authkit", "authkit"])
def test_the_name_of_the_cookie_is_taken(setting, name):
    ((id_, message, hint),) = found(**{setting: name})
    assert id_ == "authkit.E028"
    assert message == (
        f"{setting} is {name!r}, the cookie of the refresh token: each would overwrite the other."
    )
    assert hint == f"Remove {setting}, or choose another name."
    assert found(patterns=OURS[:1], **{setting: name}) == []


def test_a_trusted_origin_without_credentials_and_one_that_is_not_trusted():
    cors = {"CORS_ALLOWED_ORIGINS": [APP], "CSRF_TRUSTED_ORIGINS": ["https://*.example.com"]}
    hint = "Write CORS_ALLOW_CREDENTIALS = True."
    assert found(**cors) == [("authkit.W028", LEFT_OUT, hint)]
    assert found(**cors, CORS_ALLOW_CREDENTIALS=True) == []
    assert found(**cors, installed=False) == []
    assert found(**cors, patterns=OURS[:1]) == []


def test_an_origin_with_credentials_that_is_not_trusted():
    cors = {"CORS_ALLOWED_ORIGINS": [APP, OTHER], "CSRF_TRUSTED_ORIGINS": [APP]}
    hint = f'Add "{OTHER}" to CSRF_TRUSTED_ORIGINS if these are pages of yours.'
    assert found(**cors, CORS_ALLOW_CREDENTIALS=True) == [("authkit.W028", UNLISTED, hint)]
    assert found(CORS_ALLOWED_ORIGINS=[OTHER]) == []  # it may be of others, who send keys


def test_a_header_that_pages_of_other_origins_have_to_send():
    cors = {"CORS_ALLOWED_ORIGINS": [APP], "REST_FRAMEWORK": {}}
    sent = {"CORS_EXPOSE_HEADERS": ["Retry-After", "WWW-Authenticate"]}
    trusted = {"CSRF_TRUSTED_ORIGINS": [APP]}
    ((id_, message, hint),) = found(check=check_cors, **cors, **sent, **trusted)
    assert id_ == "authkit.W024"
    assert message.startswith("Scripts of other origins cannot send x-authkit, which")
    assert '"x-authkit"' in hint
    allowed = {"CORS_ALLOW_HEADERS": [*default_headers, "x-authkit"]}
    assert found(check=check_cors, **cors, **sent, **trusted, **allowed) == []
    assert found(check=check_cors, **cors, **sent) == []
    assert found(check=check_cors, **cors, **sent, **trusted, patterns=OURS[:1]) == []


def test_debug_is_on_where_it_is_deployed():
    ((id_, message, hint),) = found(check=check_secure_cookies, DEBUG=True)
    assert (id_, hint) == ("authkit.W029", "Write DEBUG = False.")
    assert "without Secure" in message
    assert found(check=check_secure_cookies, DEBUG=True, patterns=OURS[:1]) == []
    assert found(check=check_secure_cookies) == []
    with override_settings(ROOT_URLCONF=Urls(*OURS), DEBUG=True):
        assert "authkit.W029" not in {one.id for one in run_checks(tags=[Tags.security])}
