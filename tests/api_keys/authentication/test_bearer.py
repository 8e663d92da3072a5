"""A token and a key in one header: ``Authorization: Bearer``, told apart by the key's brand."""

from datetime import timedelta

import pytest
from authkit.api_keys.keys import has_brand, new_key, new_prefix
from authkit.authentication import APIKeyAuthentication, BearerAuthentication, resolve
from authkit.checks.api_keys import check_api_keys
from authkit.errors import MultipleCredentials
from authkit.models import APIKey, SecurityEvent, Session
from authkit.permissions import HasScope, HasSecondFactor, RecentlyAuthenticated
from authkit.throttling import APIKeyThrottle, UserThrottle
from django.test import override_settings
from django.urls import include, path
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request

from tests.api_keys.authentication.hostile import HOSTILE
from tests.api_keys.calls import with_key
from tests.api_keys.urls import WhoAmI
from tests.conftest import AUTH, PASSWORD, bearer
from tests.factors.answers import STEP_UP_CHALLENGE

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.authentication.test_bearer")]

INVALID_TOKEN = 'Bearer realm="api", error="invalid_token"'


def taking(*authenticators, permission=IsAuthenticated, **attributes):
    return WhoAmI.as_view(
        authentication_classes=authenticators, permission_classes=[permission], **attributes
    )


class OncePerKey(APIKeyThrottle):
    rate = "1/day"


class OncePerUser(UserThrottle):
    rate = "1/day"


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("either", taking(BearerAuthentication)),
    path("bearer-key", taking(BearerAuthentication, APIKeyAuthentication)),
    path("key-bearer", taking(APIKeyAuthentication, BearerAuthentication)),
    path("open", taking(BearerAuthentication, permission=AllowAny)),
    path("scoped", taking(BearerAuthentication, permission=HasScope("books:read"))),
    path("recent", taking(BearerAuthentication, permission=RecentlyAuthenticated)),
    path("mfa", taking(BearerAuthentication, permission=HasSecondFactor)),
    path("once-key", taking(BearerAuthentication, throttle_classes=[OncePerKey])),
    path("once-user", taking(BearerAuthentication, throttle_classes=[OncePerUser])),
]


@pytest.fixture(autouse=True)
def _scopes():
    with override_settings(AUTHKIT={"SCOPES": {"books:read": "Read"}}):
        yield


@pytest.fixture
def access(client, user):
    return client.pair(user)["access"]


@pytest.fixture
def key(make_key, user):
    return make_key(owner=user)[1]


def refusal(response):
    return response.status_code, response.data["detail"].code, response["WWW-Authenticate"]


TOKEN_REFUSED = (401, "token_invalid", INVALID_TOKEN)
KEY_REFUSED = (401, "api_key_invalid", INVALID_TOKEN)


@pytest.mark.parametrize("path", ["/either", "/bearer-key", "/key-bearer", "/open", "/scoped"])
def test_a_token_is_a_session_and_costs_one_query(client, user, access, path, assert_queries):
    client.get(path, **bearer(access))
    with assert_queries(1):
        response = client.get(path, **bearer(access))
    assert response.json() == {
        "user": type(user).__name__,
        "name": str(user),
        "auth": "AccessToken",
    }


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("path", ["/either", "/bearer-key", "/key-bearer", "/open"])
def test_a_key_is_its_owner_and_costs_one_query(client, user, key, path, scheme, assert_queries):
    headers = {"HTTP_AUTHORIZATION": f"{scheme} {key}"}
    client.get(path, **headers)  # writes the last use
    with assert_queries(1):
        response = client.get(path, **headers)
    assert response.json() == {"user": type(user).__name__, "name": str(user), "auth": "APIKey"}


def test_a_key_without_an_owner_is_a_service(client, make_key):
    response = client.get("/either", **bearer(make_key()[1]))
    assert response.json()["user"] == "ServicePrincipal"


def test_a_use_is_written_as_in_the_header_of_keys(
    client, make_key, django_capture_on_commit_callbacks
):
    row, key = make_key()
    with django_capture_on_commit_callbacks(execute=True):
        client.get("/either", **bearer(key))
    row.refresh_from_db()
    assert row.last_used_at is not None
    assert row.last_used_ip == "127.0.0.1"


def test_without_a_credential_the_challenge_is_bearer(client):
    response = client.get("/either")
    assert refusal(response) == (401, "not_authenticated", 'Bearer realm="api"')


#: Spaces around the credential belong to the header.
SPACES = ["space before", "space after"]


@pytest.mark.parametrize("name", SPACES)
def test_spaces_are_no_part_of_a_key(client, key, access, name):
    for credential in (key, access):
        assert client.get("/either", **bearer(HOSTILE[name](credential))).status_code == 200


class TestRefused:
    """Neither is taken for the other, and each is refused as itself."""

    @pytest.mark.parametrize("path", ["/either", "/open", "/key-bearer"])
    @pytest.mark.parametrize("name", [name for name in HOSTILE if name not in SPACES])
    def test_what_is_no_key_in_no_query(self, client, key, name, path, assert_queries):
        credential = HOSTILE[name](key)
        with assert_queries(0):
            response = client.get(path, **bearer(credential))
        is_key = credential.strip(" ").startswith("ak_")
        assert refusal(response) == (KEY_REFUSED if is_key else TOKEN_REFUSED)

    def test_a_token_that_begins_like_a_key(self, client, access, assert_queries):
        for forged in (f"ak_{access}", f"ak_ABCDEFGH_{access}"):
            with assert_queries(0):
                assert refusal(client.get("/either", **bearer(forged))) == KEY_REFUSED

    def test_a_key_that_looks_like_a_token(self, client, key, access, assert_queries):
        header, payload, signature = access.split(".")
        for forged in (f"eyJ{key}", f"{header}.{key}.{signature}", f"{header}.{payload}.{key}"):
            with assert_queries(0):
                assert refusal(client.get("/either", **bearer(forged))) == TOKEN_REFUSED

    def test_a_key_in_another_case(self, client, key, assert_queries):
        for forged in (key.upper(), "AK" + key[2:], "Ak" + key[2:]):
            with assert_queries(0):
                assert refusal(client.get("/either", **bearer(forged))) == TOKEN_REFUSED

    def test_a_key_that_was_never_made(self, client, assert_queries):
        with assert_queries(1):
            response = client.get("/either", **bearer(new_key("ak", new_prefix())))
        assert refusal(response) == KEY_REFUSED

    def test_a_key_that_has_ended(self, client, make_key, user):
        past = timezone.now() - timedelta(days=1)
        for row, key in (make_key(owner=user, expiry_date=past), make_key(revoked=True)):
            assert refusal(client.get("/either", **bearer(key))) == KEY_REFUSED
            assert SecurityEvent.objects.filter(kind="api_key_refused").count() > 0, row

    def test_a_key_of_another_network(self, client, make_key):
        _, key = make_key(allowed_networks=["192.0.2.0/24"])
        assert refusal(client.get("/either", **bearer(key))) == KEY_REFUSED
        assert client.get("/either", **bearer(key), REMOTE_ADDR="192.0.2.7").status_code == 200

    def test_a_key_whose_owner_is_inactive(self, client, user, key):
        type(user).objects.filter(pk=user.pk).update(is_active=False)
        assert refusal(client.get("/either", **bearer(key))) == KEY_REFUSED

    def test_a_token_whose_session_has_ended(self, client, access):
        Session.objects.all().delete()
        assert client.get("/either", **bearer(access)).data["detail"].code == "session_ended"

    def test_a_key_in_the_url_beside_a_good_one(self, client, key, access):
        for headers in (bearer(key), bearer(access), {}):
            response = client.get(f"/either?key={key}", **headers)
            assert (response.status_code, response.data["detail"].code) == (
                400,
                "credential_in_url",
            )
        response = client.get(f"/either?access_token={access}", **bearer(key))
        assert response.data["detail"].code == "credential_in_url"

    def test_as_an_error_of_any_authenticator(self, rf):
        one = BearerAuthentication()
        for credential in ("ak_x", "x"):
            request = Request(rf.get("/", **bearer(credential)), authenticators=[one])
            with pytest.raises(AuthenticationFailed):
                one.authenticate(request)


@pytest.mark.parametrize("path", ["/bearer-key", "/key-bearer"])
@pytest.mark.parametrize("in_bearer", ["key", "token", "junk", "ak_junk", ""])
def test_two_headers_at_once_are_refused_without_a_query(
    client, key, access, path, in_bearer, assert_queries
):
    credential = {"key": key, "token": access}.get(in_bearer, in_bearer)
    with assert_queries(0):
        response = client.get(path, **bearer(credential), **with_key(key))
    assert (response.status_code, response.data["detail"].code) == (400, "multiple_credentials")


def test_a_view_without_the_header_of_keys_ignores_it(client, key, access):
    assert client.get("/either", **bearer(access), **with_key("junk")).status_code == 200
    assert client.get("/either", **with_key(key)).status_code == 401


class TestRights:
    def test_a_key_needs_its_scope_and_a_session_none(self, client, make_key, user, access):
        _, without = make_key(owner=user)
        _, scoped = make_key(owner=user, scopes=["books:read"])
        refused = client.get("/scoped", **bearer(without))
        assert refusal(refused) == (
            403,
            "insufficient_scope",
            'Bearer realm="api", error="insufficient_scope", scope="books:read"',
        )
        assert SecurityEvent.objects.filter(kind="scope_missing").count() == 1
        assert client.get("/scoped", **bearer(scoped)).status_code == 200
        assert client.get("/scoped", **bearer(access)).status_code == 200

    def test_what_asks_for_a_session_forbids_keys(self, client, key, access):
        assert client.get("/recent", **bearer(access)).status_code == 200
        assert client.get("/mfa", **bearer(access))["WWW-Authenticate"] == STEP_UP_CHALLENGE
        for view in ("/recent", "/mfa"):
            response = client.get(view, **bearer(key))
            assert (response.status_code, response.data["detail"].code) == (
                403,
                "permission_denied",
            )

    def test_each_is_counted_as_what_it_is(self, client, make_key, user, access, key):
        other = make_key(owner=user)[1]
        for limited, unlimited, throttled in (
            (key, access, "/once-key"),
            (access, key, "/once-user"),
        ):
            assert client.get(throttled, **bearer(limited)).status_code == 200
            assert client.get(throttled, **bearer(limited)).status_code == 429
            for _ in range(3):
                assert client.get(throttled, **bearer(unlimited)).status_code == 200
        assert client.get("/once-key", **bearer(other)).status_code == 200

    def test_the_rate_of_a_key_holds_whichever_header_brings_it(self, client, make_key):
        _, key = make_key(rate="2/day")
        assert client.get("/bearer-key", **bearer(key)).status_code == 200
        assert client.get("/bearer-key", **with_key(key)).status_code == 200
        response = client.get("/bearer-key", **bearer(key))
        assert (response.status_code, response.data["detail"].code) == (
            429,
            "api_key_rate_exceeded",
        )
        assert int(response["Retry-After"]) > 0


OF_SESSIONS = [
    ("get", "sessions/", {}),
    ("delete", "sessions/", {}),
    ("post", "reauthenticate/", {"password": PASSWORD}),
    ("post", "password/change/", {"current_password": PASSWORD, "new_password": "a new phrase"}),
    ("post", "2fa/totp/setup/", {}),
    ("get", "api-keys/", {}),
    ("post", "api-keys/", {"name": "another"}),
    ("get", "me/", {}),
    ("get", "events/", {}),
]


@pytest.mark.parametrize(("method", "route", "body"), OF_SESSIONS, ids=lambda value: str(value))
def test_a_bearer_key_opens_no_endpoint_of_ours(client, user, key, access, method, route, body):
    before = list(Session.objects.values()), list(APIKey.objects.values())
    settings = {"DEFAULT_AUTHENTICATION_CLASSES": ["authkit.authentication.BearerAuthentication"]}
    with override_settings(REST_FRAMEWORK=settings):
        response = getattr(client, method)(AUTH + route, body, **bearer(key), format="json")
    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
    assert response["WWW-Authenticate"] == INVALID_TOKEN
    assert (list(Session.objects.values()), list(APIKey.objects.values())) == before


def test_no_log_has_the_key(client, key, make_key, caplog):
    caplog.set_level("DEBUG")
    _, revoked = make_key(revoked=True)
    for credential in (key, revoked, key[:-1], f"eyJ{key}", f"{key} {key}"):
        client.get("/either", **bearer(credential))
    client.get(f"/either?key={key}")
    assert caplog.records
    for secret in (key, revoked):
        assert secret.rpartition("_")[2] not in caplog.text.replace(f"/either?key={key}", "")


def test_the_brand_is_that_of_the_settings(client, user):
    with override_settings(AUTHKIT={"API_KEY_BRAND": "shop-live"}):
        _, key = APIKey.objects.create_key(name="x", owner=user)
        assert key.startswith("shop-live_")
        assert client.get("/either", **bearer(key)).status_code == 200
        assert refusal(client.get("/either", **bearer("shop-live_x"))) == KEY_REFUSED
        assert refusal(client.get("/either", **bearer("ak_x"))) == TOKEN_REFUSED
        assert refusal(client.get("/either", **bearer("shop_x"))) == TOKEN_REFUSED
    assert refusal(client.get("/either", **bearer(key))) == TOKEN_REFUSED


@pytest.mark.parametrize("brand", ["ak", "eyJ", "eyJhbGciOiJIUzI1NiJ9"])
def test_no_token_of_ours_has_a_brand(access, brand):
    assert not has_brand(access, brand)


def test_the_check_knows_that_the_views_take_keys():
    messages = {message.id: message.msg for message in check_api_keys()}
    assert "'either'" in messages["authkit.W014"]
    assert "'scoped'" not in messages["authkit.W014"]


class TestOutsideOfRESTFramework:
    """``resolve`` takes what the authenticator takes, by the same code."""

    def resolved(self, rf, **headers):
        return resolve(rf.get("/", **headers), authenticators=[BearerAuthentication])

    def test_a_token_is_a_session_and_a_key_has_scopes(self, rf, make_key, user, access):
        row, key = make_key(owner=user, scopes=["books:read"])
        by_token = self.resolved(rf, **bearer(access))
        assert (by_token.user, by_token.scopes) == (user, None)
        by_key = self.resolved(rf, **bearer(key))
        assert (by_key.user, by_key.auth, by_key.scopes) == (user, row, {"books:read"})
        assert by_key.session is None

    @pytest.mark.parametrize(
        ("credential", "code"), [("ak_junk", "api_key_invalid"), ("junk", "token_invalid")]
    )
    def test_each_is_refused_as_itself(self, rf, credential, code):
        with pytest.raises(AuthenticationFailed) as refused:
            self.resolved(rf, **bearer(credential))
        assert refused.value.get_codes() == code
        assert refused.value.auth_header == INVALID_TOKEN

    def test_both_headers_are_refused_where_both_are_accepted(self, rf, key):
        request = rf.get("/", **bearer(key), **with_key(key))
        with pytest.raises(MultipleCredentials):
            resolve(request, authenticators=[BearerAuthentication, APIKeyAuthentication])
        assert resolve(request, authenticators=[BearerAuthentication]).auth is not None
