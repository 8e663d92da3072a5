"""A request of Django and who it acts for, without REST framework around it."""

from dataclasses import FrozenInstanceError

import pytest
from authkit.api_keys.using.principal import ServicePrincipal
from authkit.authentication import (
    APIKeyAuthentication,
    BearerAuthentication,
    JWTAuthentication,
    PlainAPIKeyAuthentication,
    refusal_response,
    resolve,
)
from authkit.errors import (
    APIKeyInvalid,
    APIKeyRateExceeded,
    AuthkitError,
    CredentialInURL,
    CredentialMissing,
    EnrolmentRequired,
    InsufficientScope,
    MultipleCredentials,
    RateLimitExceeded,
    ServiceUnavailable,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
)
from authkit.models import APIKey, SecurityEvent, Session
from authkit.permissions import HasScope, require
from django.core.handlers.asgi import ASGIRequest
from django.db import OperationalError
from django.test import override_settings
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework_api_key.models import APIKey as OldKey

from tests.conftest import bearer
from tests.database.statements import failing_statement

pytestmark = pytest.mark.django_db

BOTH_CHALLENGES = 'Bearer realm="api", ApiKey realm="api"'


def with_key(key):
    return {"HTTP_X_API_KEY": key}


def answer_to(error):
    response = refusal_response(error)
    return response.status_code, response.headers.get("WWW-Authenticate")


# --- a credential that is valid -------------------------------------------------------------------


def test_a_bearer_token_acts_for_its_user_in_one_query(rf, user, access, django_assert_num_queries):
    with django_assert_num_queries(1):
        principal = resolve(rf.get("/", **bearer(access)))
    assert principal.user == user
    assert principal.session == Session.objects.get()
    assert principal.auth.session is principal.session
    assert principal.scopes is None


def test_a_key_acts_for_its_owner_in_one_query(rf, user, key, django_assert_num_queries):
    resolve(rf.get("/", **with_key(key)))  # writes the last use
    with django_assert_num_queries(1):
        principal = resolve(rf.get("/", **with_key(key)))
    assert (principal.user, principal.auth) == (user, APIKey.objects.get())
    assert principal.session is None
    assert principal.scopes == {"books:read"}


def test_a_key_without_an_owner_is_a_service(rf, make_key):
    _, key = make_key()
    principal = resolve(rf.get("/", **with_key(key)))
    assert isinstance(principal.user, ServicePrincipal)
    assert principal.scopes == frozenset()


def no_scopes(user):
    return []


def test_the_scopes_are_those_that_the_owner_still_has(rf, key, settings):
    settings.AUTHKIT = {**settings.AUTHKIT, "OWNER_SCOPES": no_scopes}
    assert resolve(rf.get("/", **with_key(key))).scopes == frozenset()


def test_the_use_of_a_key_is_counted_and_written_as_in_other_views(
    rf, user, make_key, django_capture_on_commit_callbacks
):
    row, key = make_key(owner=user, rate="1/hour")
    with django_capture_on_commit_callbacks(execute=True):
        resolve(rf.get("/", **with_key(key)))
    row.refresh_from_db()
    assert row.last_used_ip == "127.0.0.1"
    with pytest.raises(APIKeyRateExceeded) as raised:
        resolve(rf.get("/", **with_key(key)))
    response = refusal_response(raised.value)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 3600


def test_a_request_of_rest_framework_is_resolved_like_that_of_django(rf, user, access):
    assert resolve(Request(rf.get("/", **bearer(access)))).user == user


def test_the_scope_of_a_websocket_becomes_a_request_that_is_resolved(user, make_key):
    _, key = make_key(owner=user, allowed_networks=["192.0.2.0/24"])
    scope = {
        "type": "websocket",
        "path": "/ws",
        "query_string": b"",
        "client": ["192.0.2.7", 4711],
        "headers": [(b"x-api-key", key.encode())],
    }
    assert resolve(ASGIRequest({**scope, "method": "GET"}, None)).user == user


def test_the_request_stays_as_it_is(rf, user, access):
    request = rf.get("/", **bearer(access))
    request.user = before = object()
    resolve(request)
    assert request.user is before


def test_a_principal_cannot_be_changed(rf, access, make_user):
    principal = resolve(rf.get("/", **bearer(access)))
    with pytest.raises(FrozenInstanceError):
        principal.user = make_user()


# --- none -----------------------------------------------------------------------------------------


def test_without_a_credential_the_answer_names_all_that_are_accepted(rf, django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(CredentialMissing) as raised:
        resolve(rf.get("/"))
    assert answer_to(raised.value) == (401, BOTH_CHALLENGES)


@pytest.mark.parametrize(
    ("authenticators", "challenge"),
    [
        ([JWTAuthentication], 'Bearer realm="api"'),
        ([APIKeyAuthentication], 'ApiKey realm="api"'),
        ([APIKeyAuthentication, JWTAuthentication], 'ApiKey realm="api", Bearer realm="api"'),
        ([JWTAuthentication, BearerAuthentication], 'Bearer realm="api"'),
    ],
    ids=["token", "key", "both", "two of one header"],
)
def test_only_what_is_accepted_is_asked_for(rf, authenticators, challenge):
    with pytest.raises(CredentialMissing) as raised:
        resolve(rf.get("/"), authenticators=authenticators)
    assert answer_to(raised.value) == (401, challenge)


def test_what_is_not_accepted_is_no_credential(rf, access, key):
    with pytest.raises(CredentialMissing):
        resolve(rf.get("/", **with_key(key)), authenticators=[JWTAuthentication])
    with pytest.raises(CredentialMissing):
        resolve(rf.get("/", **bearer(access)), authenticators=[APIKeyAuthentication])


@pytest.mark.parametrize("value", ["Basic YW5uOng=", "Token x", "Bearerx", ""], ids=repr)
def test_another_scheme_is_no_credential(rf, value):
    assert resolve(rf.get("/", HTTP_AUTHORIZATION=value), required=False) is None


def test_anonymous_requests_are_admitted_only_where_the_view_says_so(rf):
    assert resolve(rf.get("/"), required=False) is None


# --- a credential that is refused -----------------------------------------------------------------


@pytest.mark.parametrize("required", [True, False])
def test_a_bad_credential_is_refused_and_never_anonymous(rf, required):
    for headers, error, challenge in [
        (bearer("nonsense"), TokenInvalid, 'Bearer realm="api", error="invalid_token"'),
        (bearer(""), TokenInvalid, 'Bearer realm="api", error="invalid_token"'),
        (with_key("nonsense"), APIKeyInvalid, 'ApiKey realm="api"'),
        (with_key(""), APIKeyInvalid, 'ApiKey realm="api"'),
    ]:
        with pytest.raises(error) as raised:
            resolve(rf.get("/", **headers), required=required)
        assert answer_to(raised.value) == (401, challenge)


def test_a_refresh_token_is_no_access_token(rf, pair):
    with pytest.raises(TokenInvalid):
        resolve(rf.get("/", **bearer(pair["refresh"])))


def test_an_expired_token_says_that_it_can_be_refreshed(rf, clock, access):
    clock.shift(3600)
    with pytest.raises(TokenExpired) as raised:
        resolve(rf.get("/", **bearer(access)))
    assert raised.value.get_codes() == "token_expired"


def test_the_token_of_a_session_that_ended_says_so(rf, client, pair):
    client.revoke(pair["refresh"])
    with pytest.raises(SessionEnded) as raised:
        resolve(rf.get("/", **bearer(pair["access"])))
    assert raised.value.get_codes() == "session_ended"


def test_the_key_of_a_user_who_is_deactivated_is_refused_and_recorded(rf, user, key):
    user.is_active = False
    user.save()
    with pytest.raises(APIKeyInvalid):
        resolve(rf.get("/", **with_key(key)))
    assert SecurityEvent.objects.filter(kind="api_key_refused", ip="127.0.0.1").exists()


def test_a_session_that_owes_a_second_factor_opens_nothing(rf, client, user, settings):
    access = client.pair(user)["access"]
    settings.AUTHKIT = {"SECOND_FACTOR_REQUIRED": "all"}
    with pytest.raises(EnrolmentRequired) as raised:
        resolve(rf.get("/", **bearer(access)))
    assert answer_to(raised.value)[0] == 403
    assert SecurityEvent.objects.filter(kind="enrolment_required").exists()


@pytest.mark.parametrize("good", [True, False])
def test_two_credentials_are_refused_without_a_query(
    rf, access, key, good, django_assert_num_queries
):
    headers = {**bearer(access), **with_key(key if good else "nonsense")}
    for required in (True, False):
        with django_assert_num_queries(0), pytest.raises(MultipleCredentials) as raised:
            resolve(rf.get("/", **headers), required=required)
        assert answer_to(raised.value) == (400, None)


def test_a_second_credential_that_is_not_accepted_is_ignored(rf, user, access, key):
    request = rf.get("/", **bearer(access), **with_key(key))
    for authenticator in (JWTAuthentication, APIKeyAuthentication):
        assert resolve(request, authenticators=[authenticator]).user == user


def test_a_credential_in_the_url_is_refused_beside_a_valid_one(rf, access, key):
    for parameter, headers in [(key, with_key(key)), (access, bearer(access)), (access, {})]:
        with pytest.raises(CredentialInURL):
            resolve(rf.get("/", {"q": parameter}, **headers), required=False)


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_down_the_answer_is_503(rf, access):
    lost = OperationalError("connection lost")
    with failing_statement("SELECT", Session, lost), pytest.raises(ServiceUnavailable) as raised:
        resolve(rf.get("/", **bearer(access)))
    response = refusal_response(raised.value)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def test_a_rotated_secret_key_logs_no_client_out(rf, user, access, settings):
    fallbacks = [settings.SECRET_KEY]
    with override_settings(SECRET_KEY="y" * 64, SECRET_KEY_FALLBACKS=fallbacks):
        assert resolve(rf.get("/", **bearer(access))).user == user


# --- authenticators of the project ----------------------------------------------------------------


class ClientKeyAuthentication(APIKeyAuthentication):
    header = "X-Client-Key"


class TokenKeywordAuthentication(JWTAuthentication):
    keyword = "Token"


def test_an_authenticator_of_the_project_is_accepted_as_it_is(rf, user, access, key):
    request = rf.get("/", HTTP_X_CLIENT_KEY=key)
    assert resolve(request, authenticators=[ClientKeyAuthentication]).user == user
    request = rf.get("/", HTTP_AUTHORIZATION=f"Token {access}")
    authenticators = [ClientKeyAuthentication, TokenKeywordAuthentication]
    assert resolve(request, authenticators=authenticators).session is not None
    with pytest.raises(CredentialMissing) as raised:
        resolve(rf.get("/"), authenticators=authenticators)
    assert answer_to(raised.value)[1] == 'ApiKey realm="api", Token realm="api"'


def test_a_key_in_the_header_of_tokens_is_limited_by_its_scopes(rf, user, access, key):
    accepted = {"authenticators": [BearerAuthentication]}
    by_key = resolve(rf.get("/", **bearer(key)), **accepted)
    assert (by_key.user, by_key.scopes, by_key.session) == (user, {"books:read"}, None)
    with pytest.raises(InsufficientScope):
        require(rf.get("/"), by_key, HasScope("books:write"))
    by_token = resolve(rf.get("/", **bearer(access)), **accepted)
    assert (by_token.user, by_token.scopes) == (user, None)
    with pytest.raises(MultipleCredentials):
        resolve(
            rf.get("/", **bearer(key), **with_key(key)),
            authenticators=[BearerAuthentication, APIKeyAuthentication],
        )


def test_keys_of_djangorestframework_api_key_have_no_scopes(rf):
    class OldKeyAuthentication(PlainAPIKeyAuthentication):
        model = OldKey

    _, key = OldKey.objects.create_key(name="partner")
    request = rf.get("/", HTTP_AUTHORIZATION=f"Api-Key {key}")
    principal = resolve(request, authenticators=[OldKeyAuthentication])
    assert principal.scopes == frozenset()


def test_what_is_neither_a_session_nor_a_key_has_no_scopes(rf, user):
    class BadgeAuthentication(JWTAuthentication):
        def verify(self, request, credential):
            return user, "badge"

    principal = resolve(rf.get("/", **bearer("7")), authenticators=[BadgeAuthentication])
    assert (principal.user, principal.scopes, principal.session) == (user, frozenset(), None)


@pytest.mark.parametrize("wrong", [SessionAuthentication, JWTAuthentication(), "JWT"])
def test_what_is_no_authenticator_is_named_with_what_to_pass(rf, wrong):
    with pytest.raises(TypeError, match="is no authenticator of authkit: pass classes of"):
        resolve(rf.get("/"), authenticators=[wrong])


# --- the answer -----------------------------------------------------------------------------------


def test_the_answer_is_json_with_detail_and_code():
    response = refusal_response(SessionEnded())
    assert response.headers["Content-Type"] == "application/json"
    assert response.content == (
        b'{"detail": "The session has ended. Log in again.", "code": "session_ended"}'
    )
    assert "Retry-After" not in response.headers


def test_every_error_can_be_answered():
    kinds = [AuthkitError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    errors = [kind(7) if issubclass(kind, RateLimitExceeded) else kind() for kind in kinds]
    for error in errors:
        response = refusal_response(error)
        assert response.status_code == error.status_code
        assert ("WWW-Authenticate" in response.headers) == bool(error.auth_header)
