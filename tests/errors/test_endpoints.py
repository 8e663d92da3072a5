"""What our endpoints answer where they do not do what they were asked."""

import json
from importlib.util import find_spec

import pytest
from authkit.core.http.views import AuthkitView
from django.http import JsonResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import get_resolver
from rest_framework.exceptions import APIException
from rest_framework.throttling import BaseThrottle
from rest_framework.views import exception_handler

from tests.conftest import AUTH, PASSWORD, bearer, is_there
from tests.errors.refusals import REFUSALS
from tests.public.endpoints import OWNERS, PUBLIC

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.errors.urls")]

ID = "00000000-0000-0000-0000-000000000000"
OWNED = [path.format(session_id=ID, key_id=ID) for path in OWNERS]
#: Where owners send a body.
WRITTEN = [
    *[("patch", "me/"), ("delete", "me/"), ("post", "password/change/")],
    ("post", "password/set/"),
    *[("post", "reauthenticate/"), ("post", "email/change/"), ("post", "api-keys/")],
    *[("post", f"2fa/{path}/") for path in ("totp/verify", "totp/disable", "recovery-codes")],
]
WRITTEN = [(method, path) for method, path in WRITTEN if is_there(path)]
STANDARDIZED = {
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
}


class NeverAgain(BaseThrottle):
    seconds = None

    def allow_request(self, request, view):
        return False

    def wait(self):
        return self.seconds


class InHalfAMinute(NeverAgain):
    seconds = 29.5


class Down(BaseThrottle):
    """A limiter that cannot reach its store."""

    def allow_request(self, request, view):
        error = APIException("The limiter is down.", "limiter_down")
        error.status_code = 503
        raise error


@pytest.fixture
def throttled_by(monkeypatch):
    def throttle(throttle_class):
        monkeypatch.setattr(AuthkitView, "throttle_classes", [throttle_class])

    return throttle


@pytest.fixture(autouse=True)
def _all_of_them_on(settings):
    settings.AUTHKIT = {
        "REGISTRATION": True,
        "EMAIL_VERIFICATION_URL": "https://app.example/#{token}",
    }


def test_every_view_of_ours_says_no_store():
    patterns = get_resolver("authkit.urls").url_patterns
    assert all(issubclass(pattern.callback.view_class, AuthkitView) for pattern in patterns)


@pytest.mark.parametrize("path", PUBLIC)
def test_a_hosts_throttle_answers_429_and_when_to_come_back(client, throttled_by, path):
    throttled_by(InHalfAMinute)
    response = client.post(AUTH + path, {})
    assert response.status_code == 429
    assert response.json() == {
        "detail": "Request was throttled. Expected available in 30 seconds.",
        "code": "throttled",
    }
    assert response.headers["Retry-After"] == "30"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [*PUBLIC, *OWNED])
def test_a_throttle_that_does_not_know_when_still_gets_a_retry_after(
    client, user, throttled_by, path
):
    access = client.pair(user)["access"]
    throttled_by(NeverAgain)
    response = client.post(AUTH + path, {}, **bearer(access))
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize("path", PUBLIC)
def test_503_says_when_to_come_back(client, throttled_by, path):
    throttled_by(Down)
    response = client.post(AUTH + path, {})
    assert response.status_code == 503
    assert response.json() == {"detail": "The limiter is down.", "code": "limiter_down"}
    assert response.headers["Retry-After"] == "5"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_another_method_is_405(client, path, method):
    response = getattr(client, method)(AUTH + path)
    assert response.status_code == 405
    assert response.json() == {
        "detail": f'Method "{method.upper()}" not allowed.',
        "code": "method_not_allowed",
    }
    assert response.headers["Allow"] == "POST, OPTIONS"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PUBLIC)
def test_a_client_that_does_not_accept_json_is_406(client, path):
    response = client.post(AUTH + path, {}, HTTP_ACCEPT="text/html")
    assert response.status_code == 406
    assert response.json() == {
        "detail": "Could not satisfy the request Accept header.",
        "code": "not_acceptable",
    }
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/xml",
        "application/json-seq",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
    ],
)
def test_what_is_no_json_in_utf_8_is_415(client, path, content_type):
    response = client.generic("POST", AUTH + path, b"{}", content_type)
    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"
    assert set(response.json()) == {"detail", "code"}
    assert response.headers["Cache-Control"] == "no-store"


UNREADABLE = {
    "brace": b"{",
    "lone surrogate": rb'{"password": "\ud800", "email": "\uDFFF"}',
    "lone surrogate as a name": rb'{"\ud800": 1}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize(("method", "path"), [*[("post", path) for path in PUBLIC], *WRITTEN])
def test_a_body_that_cannot_be_read_is_400(client, user, method, path, body):
    headers = {} if path in PUBLIC else bearer(client.pair(user)["access"])
    response = client.generic(method, AUTH + path, body, "application/json", **headers)
    assert response.status_code == 400
    assert response.json() == {
        "detail": "The request body is not valid JSON.",
        "code": "parse_error",
    }
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["get", "delete"])
def test_without_a_token_the_sessions_are_401_with_a_challenge(client, method):
    response = getattr(client, method)(AUTH + "sessions/")
    assert response.status_code == 401
    assert response.json() == {
        "detail": "Authentication credentials were not provided.",
        "code": "not_authenticated",
    }
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.headers["Cache-Control"] == "no-store"


def test_a_refused_log_in_has_code_and_challenge(client, user):
    response = client.log_in(user, "wrong")
    assert response.status_code == 401
    assert response.json() == {
        "detail": "These credentials are not valid.",
        "code": "invalid_credentials",
    }
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.skipif(
    find_spec("drf_standardized_errors") is None, reason="drf-standardized-errors is optional"
)
@override_settings(REST_FRAMEWORK=STANDARDIZED)
@pytest.mark.parametrize(
    ("path", "body", "status", "errors"),
    [
        (
            "token/refresh/",
            {"refresh": "x"},
            401,
            [
                {
                    "code": "token_invalid",
                    "detail": "The token is not valid or has expired.",
                    "attr": None,
                }
            ],
        ),
        (
            "token/refresh/",
            {},
            400,
            [{"code": "required", "detail": "This field is required.", "attr": "refresh"}],
        ),
    ],
    ids=["401", "400"],
)
def test_under_a_handler_of_the_hosts_nothing_is_added_to_the_body(
    client, path, body, status, errors
):
    response = client.post(AUTH + path, body)
    assert response.status_code == status
    assert response.json()["errors"] == errors
    assert set(response.json()) == {"type", "errors"}
    assert response.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


@pytest.mark.skipif(
    find_spec("drf_standardized_errors") is None, reason="drf-standardized-errors is optional"
)
@override_settings(REST_FRAMEWORK=STANDARDIZED)
@pytest.mark.parametrize(("call", "status", "code"), REFUSALS.values(), ids=REFUSALS)
def test_every_other_refusal_is_as_the_handler_of_the_host_has_it(client, call, status, code):
    response = call(client)
    assert response.status_code == status
    assert [error["code"] for error in response.json()["errors"]] == [code]
    assert set(response.json()) == {"type", "errors"}
    assert response.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


@pytest.mark.skipif(
    find_spec("drf_standardized_errors") is None, reason="drf-standardized-errors is optional"
)
@override_settings(REST_FRAMEWORK=STANDARDIZED)
def test_under_a_handler_of_the_hosts_a_429_says_when_to_come_back(client, throttled_by):
    throttled_by(InHalfAMinute)
    response = client.post(AUTH + "token/", {})
    assert response.json()["errors"][0]["code"] == "throttled"
    assert (response.status_code, response.headers["Retry-After"]) == (429, "30")


def answer_in_the_hosts_own_json(exc, context):
    return JsonResponse({"error": str(exc)}, status=exception_handler(exc, context).status_code)


def answer_in_a_stream(exc, context):
    status = exception_handler(exc, context).status_code
    return StreamingHttpResponse([json.dumps({"error": str(exc)})], status=status)


@pytest.mark.parametrize("handler", [answer_in_the_hosts_own_json, answer_in_a_stream])
@pytest.mark.parametrize(("call", "status", "code"), REFUSALS.values(), ids=REFUSALS)
def test_a_handler_may_answer_with_any_response_of_djangos(client, call, status, code, handler):
    with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": handler}):
        response = call(client)
    assert response.status_code == status
    assert set(json.loads(response.getvalue())) == {"error"}
    assert response.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


def test_answers_with_tokens_are_not_stored(client, user):
    response = client.log_in(user, PASSWORD)
    assert response.headers["Cache-Control"] == "no-store"
    refreshed = client.refresh(response.json()["refresh"])
    assert refreshed.headers["Cache-Control"] == "no-store"


def test_field_errors_are_as_drf_gives_them(client):
    response = client.post(AUTH + "token/refresh/", {})
    assert response.json() == {"refresh": ["This field is required."]}
