import inspect
from importlib.util import find_spec

import pytest
from authkit import errors
from authkit.errors import AuthkitError, CredentialsRefused, RateLimitExceeded
from django.test import override_settings
from rest_framework.exceptions import APIException, AuthenticationFailed

from tests.errors.urls import RAISED

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.errors.urls")]

#: name in the URL: status, code, sentence, headers
ANSWERS = {
    "invalid-credentials": (
        401,
        "invalid_credentials",
        "These credentials are not valid.",
        {"WWW-Authenticate": 'Bearer realm="api"'},
    ),
    "token-invalid": (
        401,
        "token_invalid",
        "The token is not valid or has expired.",
        {"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'},
    ),
    "token-expired": (
        401,
        "token_expired",
        "The access token has expired.",
        {
            "WWW-Authenticate": 'Bearer realm="api", error="invalid_token", '
            'error_description="The access token expired"'
        },
    ),
    "session-ended": (
        401,
        "session_ended",
        "The session has ended. Log in again.",
        {
            "WWW-Authenticate": 'Bearer realm="api", error="invalid_token", '
            'error_description="The session has ended"'
        },
    ),
    "token-reused": (
        401,
        "token_reused",
        "The refresh token has already been used. The session has been ended for security reasons.",
        {"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'},
    ),
    "api-key-invalid": (
        401,
        "api_key_invalid",
        "The API key is not valid.",
        {"WWW-Authenticate": 'ApiKey realm="api"'},
    ),
    "api-key-rate-exceeded": (
        429,
        "api_key_rate_exceeded",
        "The rate limit of this API key has been exceeded. Try again later.",
        {"Retry-After": "12"},
    ),
    "link-invalid": (
        400,
        "link_invalid",
        "The link is not valid or has expired.",
        {},
    ),
    "already-taken": (
        409,
        "already_taken",
        "This value is already used by another account.",
        {},
    ),
    "account-in-use": (
        409,
        "account_in_use",
        "Other records depend on this account, so it was not deleted. Contact the operators of "
        "this service.",
        {},
    ),
    "api-key-ended": (
        409,
        "api_key_ended",
        "This API key has expired. Create a new one.",
        {},
    ),
    "api-key-rotated": (
        409,
        "api_key_rotated",
        "This API key has just been rotated by another request.",
        {},
    ),
    "quota-exceeded": (
        409,
        "api_key_quota_exceeded",
        "You have reached the maximum number of API keys. Revoke one first.",
        {},
    ),
    "scope-invalid": (
        400,
        "invalid_scope",
        "A scope is unknown, or you are not allowed to grant it.",
        {},
    ),
    "credential-in-url": (
        400,
        "credential_in_url",
        "A credential in a URL is refused. Send it in a header, and replace it.",
        {},
    ),
    "multiple-credentials": (
        400,
        "multiple_credentials",
        "Send one credential: a bearer token or an API key, not both.",
        {},
    ),
    "credential-missing": (
        401,
        "not_authenticated",
        "Authentication credentials were not provided.",
        {"WWW-Authenticate": 'Bearer realm="api"'},
    ),
    "forbidden": (
        403,
        "permission_denied",
        "You do not have permission to perform this action.",
        {},
    ),
    "csrf-failed": (
        403,
        "csrf_failed",
        "The request must come from a page of this site or of CSRF_TRUSTED_ORIGINS, with the "
        "header X-Authkit: 1.",
        {},
    ),
    "attempts-exceeded": (
        429,
        "too_many_attempts",
        "Too many failed attempts. Try again later.",
        {"Retry-After": "90"},
    ),
    "ticket-invalid": (
        401,
        "ticket_invalid",
        "The ticket is not valid or has expired.",
        {"WWW-Authenticate": 'Bearer realm="api"'},
    ),
    "requests-exceeded": (
        429,
        "too_many_requests",
        "Too many requests. Try again later.",
        {"Retry-After": "7"},
    ),
    "challenge-invalid": (
        401,
        "invalid_challenge",
        "The challenge is not valid or has expired. Log in again.",
        {"WWW-Authenticate": 'Bearer realm="api"'},
    ),
    "code-invalid": (
        401,
        "invalid_code",
        "The code is not valid.",
        {"WWW-Authenticate": 'Bearer realm="api"'},
    ),
    "step-up-required": (
        401,
        "step_up_required",
        "Confirm your identity again to do this.",
        {
            "WWW-Authenticate": (
                'Bearer realm="api", error="insufficient_user_authentication", max_age=300'
            )
        },
    ),
    "enrolment-required": (
        403,
        "second_factor_enrolment_required",
        "Set up a second factor first.",
        {},
    ),
    "email-unverified": (403, "email_unverified", "Confirm your e-mail address first.", {}),
    "insufficient-scope": (
        403,
        "insufficient_scope",
        "The API key lacks the required scope.",
        {
            "WWW-Authenticate": (
                'Bearer realm="api", error="insufficient_scope", scope="books:read books:write"'
            )
        },
    ),
    "nothing-to-confirm": (
        400,
        "no_pending_setup",
        "No set-up is in progress. Start the set-up again.",
        {},
    ),
    "no-password": (409, "no_password", "This account has no password.", {}),
    "password-exists": (409, "password_exists", "This account already has a password.", {}),
    "password-managed-elsewhere": (
        409,
        "password_managed_elsewhere",
        "The password of this account is managed by another system. Change it there.",
        {},
    ),
    "account-locked": (423, "account_locked", "This account is locked.", {"Retry-After": "3600"}),
    "second-factor-unavailable": (
        503,
        "second_factor_unavailable",
        "The second factor cannot be checked at present.",
        {"Retry-After": "60"},
    ),
    "service-unavailable": (
        503,
        "service_unavailable",
        "The service is unavailable at present. Try again later.",
        {"Retry-After": "5"},
    ),
    "hashing-busy": (
        503,
        "service_unavailable",
        "The service is unavailable at present. Try again later.",
        {"Retry-After": "1"},
    ),
}
with_standardized_errors = pytest.mark.skipif(
    find_spec("drf_standardized_errors") is None, reason="drf-standardized-errors is optional"
)
each = pytest.mark.parametrize(
    ("name", "status", "code", "sentence", "headers"),
    [(name, *answer) for name, answer in ANSWERS.items()],
    ids=ANSWERS,
)
SPECIAL = ("WWW-Authenticate", "Retry-After")


def special(response):
    return {name: response.headers[name] for name in SPECIAL if name in response.headers}


def test_every_refusal_is_tested_here():
    classes = {
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, AuthkitError)
    } - {AuthkitError, CredentialsRefused, RateLimitExceeded}
    assert {type(make()) for make in RAISED.values()} == classes
    assert set(ANSWERS) == set(RAISED)


@each
def test_in_a_hosts_own_view_drf_answers_it(client, name, status, code, sentence, headers):
    response = client.get(f"/host/{name}/")
    assert (response.status_code, response.json()) == (status, {"detail": sentence})
    assert response.data["detail"].code == code
    assert special(response) == headers


@each
@with_standardized_errors
@override_settings(
    REST_FRAMEWORK={"EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler"}
)
def test_drf_standardized_errors_answers_it(client, name, status, code, sentence, headers):
    client.raise_request_exception = status < 500  # it tells Django of every 5xx as of a crash
    response = client.get(f"/host/{name}/")
    assert response.status_code == status
    assert response.json() == {
        "type": "client_error" if status < 500 else "server_error",
        "errors": [{"code": code, "detail": sentence, "attr": None}],
    }
    assert special(response) == headers


#: What is wrong with a credential itself. A valid one may still lack a right, or come too often.
OF_CREDENTIALS = {
    "ticket-invalid",
    "invalid-credentials",
    "token-invalid",
    "token-expired",
    "session-ended",
    "token-reused",
    "api-key-invalid",
    "credential-in-url",
    "multiple-credentials",
    "challenge-invalid",
    "code-invalid",
    "enrolment-required",
}


@pytest.mark.parametrize("name", RAISED)
def test_refusals_of_credentials_are_caught_as_those_of_any_authenticator(name):
    error = RAISED[name]()
    assert isinstance(error, APIException)
    assert isinstance(error, AuthenticationFailed) is (name in OF_CREDENTIALS)


@each
@pytest.mark.parametrize("first", ["session", "basic"])
def test_status_and_challenge_stay_whatever_the_first_authenticator_is(
    client, first, name, status, code, sentence, headers
):
    response = client.get(f"/{first}-first/{name}/")
    assert response.status_code == status
    assert special(response) == headers


@pytest.mark.parametrize(
    "scopes",
    [[], ['a" realm="x'], ["books:read", "a\r\nX: y"], ["a\\"], ["a b"], [""], ["ü"], [1], [None]],
    ids=repr,
)
def test_a_scope_cannot_inject_into_the_challenge(scopes):
    challenge = errors.InsufficientScope(scopes).auth_header
    assert challenge == 'Bearer realm="api", error="insufficient_scope"'


def test_a_reused_token_can_be_caught_as_an_invalid_one():
    assert issubclass(errors.TokenReused, errors.TokenInvalid)


def test_sentences_are_translated_when_they_are_shown():
    assert not any(isinstance(make().default_detail, str) for make in RAISED.values())
