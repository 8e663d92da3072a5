"""authkit.W024: django-cors-headers that lets browsers neither send a credential nor read why."""

import pytest
from authkit.authentication import APIKeyAuthentication, BearerAuthentication, JWTAuthentication
from authkit.checks.project.cors import check_cors
from corsheaders.defaults import default_headers
from django.conf import settings
from django.core.checks import run_checks
from django.test import override_settings
from django.urls import include, path
from rest_framework.authentication import SessionAuthentication
from rest_framework.views import APIView

OURS = path("auth/", include("authkit.urls"))
JWT = "authkit.authentication.JWTAuthentication"
KEY = "authkit.authentication.APIKeyAuthentication"

NO_KEY = (
    "Scripts of other origins cannot send x-api-key, which CORS_ALLOW_HEADERS does not name: the "
    "browser stops the request."
)
UNREAD = (
    "Scripts of other origins cannot read Retry-After and WWW-Authenticate of a refusal, which "
    "CORS_EXPOSE_HEADERS does not name."
)
WRITE_ALLOWED = (
    'Write CORS_ALLOW_HEADERS = [*default_headers, "x-api-key"], with '
    "'from corsheaders.defaults import default_headers'."
)
WRITE_EXPOSED = 'Write CORS_EXPOSE_HEADERS = ["Retry-After", "WWW-Authenticate"].'

ALLOWED = {"CORS_ALLOW_HEADERS": [*default_headers, "x-api-key"]}
EXPOSED = {"CORS_EXPOSE_HEADERS": ["Retry-After", "WWW-Authenticate"]}


class Urls:
    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


def view(*authenticators):
    made = type("Books", (APIView,), {"__module__": "shop.views"})
    return path("books/", made.as_view(authentication_classes=authenticators))


def found(*patterns, defaults=(), installed=True, **cors):
    apps = [*settings.INSTALLED_APPS, *(["corsheaders"] if installed else [])]
    with override_settings(
        INSTALLED_APPS=apps,
        ROOT_URLCONF=Urls(OURS, *patterns),
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": list(defaults)},
        **cors,
    ):
        messages = check_cors()
        assert messages == [one for one in run_checks() if one.id == "authkit.W024"]
    return [(message.msg, message.hint) for message in messages]


def test_the_defaults_of_cors_headers_are_warned_of_with_what_to_type():
    assert found(defaults=[JWT, KEY]) == [(NO_KEY, WRITE_ALLOWED), (UNREAD, WRITE_EXPOSED)]


def test_what_the_hints_say_is_enough():
    written = {"default_headers": default_headers}
    for hint in (WRITE_ALLOWED, WRITE_EXPOSED):
        exec(hint.removeprefix("Write ").partition("], with")[0].rstrip("].") + "]", written)
    cors = {name: value for name, value in written.items() if name.startswith("CORS")}
    assert cors == {**ALLOWED, **EXPOSED}
    assert found(defaults=[JWT, KEY], **cors) == []


def test_only_what_is_missing_is_named():
    assert found(defaults=[JWT, KEY], **EXPOSED) == [(NO_KEY, WRITE_ALLOWED)]
    assert found(defaults=[JWT, KEY], **ALLOWED) == [(UNREAD, WRITE_EXPOSED)]
    ((_, hint),) = found(defaults=[JWT, KEY], **ALLOWED, CORS_EXPOSE_HEADERS=["Retry-After"])
    assert hint == 'Add "WWW-Authenticate" to CORS_EXPOSE_HEADERS.'
    ((_, hint),) = found(defaults=[JWT], **EXPOSED, CORS_ALLOW_HEADERS=["content-type"])
    assert hint == 'Add "authorization" to CORS_ALLOW_HEADERS.'


def test_headers_are_compared_without_their_case():
    assert (
        found(
            defaults=[JWT, KEY],
            CORS_ALLOW_HEADERS=("Authorization", "X-API-Key"),
            CORS_EXPOSE_HEADERS=("www-authenticate", "RETRY-AFTER"),
        )
        == []
    )


STAR = {"CORS_ALLOW_HEADERS": ["*"], "CORS_EXPOSE_HEADERS": ["*"]}


def test_a_star_means_every_header_but_authorization():
    ((sentence, _),) = found(defaults=[JWT, KEY], **STAR)
    assert "cannot send authorization," in sentence
    with_it = {**STAR, "CORS_ALLOW_HEADERS": ["*", "authorization"]}
    assert found(defaults=[JWT, KEY], **with_it) == []


def test_beside_cookies_a_star_means_nothing():
    sentences = [
        sentence for sentence, _ in found(defaults=[KEY], **STAR, CORS_ALLOW_CREDENTIALS=True)
    ]
    assert sentences == [NO_KEY, UNREAD]


class OwnKey(APIKeyAuthentication):
    header = "X-Shop-Key"


class QueryKey(APIKeyAuthentication):
    query_parameter = "key"


@pytest.mark.parametrize(
    ("patterns", "missing"),
    [
        ([view(JWTAuthentication)], None),
        ([view(BearerAuthentication)], None),
        ([view(SessionAuthentication, APIKeyAuthentication)], "x-api-key"),
        ([view(OwnKey)], "x-shop-key"),
        ([view(OwnKey, APIKeyAuthentication)], "x-api-key and x-shop-key"),
        ([view(QueryKey, JWTAuthentication)], None),
    ],
)
def test_the_headers_are_those_of_the_authenticators(patterns, missing):
    sentences = [sentence for sentence, _ in found(*patterns, **EXPOSED)]
    expected = [] if missing is None else [NO_KEY.replace("x-api-key", missing)]
    assert sentences == expected


@pytest.mark.parametrize(
    "project",
    [
        {"defaults": [JWT, KEY], "installed": False},
        {"defaults": ["rest_framework.authentication.SessionAuthentication"]},
        {"defaults": []},
    ],
    ids=["without cors-headers", "without credentials of authkit", "without any"],
)
def test_other_projects_hear_nothing(project):
    assert found(**project) == []


@pytest.mark.parametrize("value", ["authorization", None, 5])
def test_what_cors_headers_reports_itself_is_no_crash(value):
    assert found(defaults=[JWT], CORS_ALLOW_HEADERS=value, CORS_EXPOSE_HEADERS=value) == []
