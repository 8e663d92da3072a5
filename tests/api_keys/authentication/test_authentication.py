from datetime import timedelta

import pytest
from authkit.api_keys.keys import checksum
from authkit.api_keys.models import BrandedKeyGenerator
from authkit.authentication import APIKeyAuthentication
from authkit.core import clock as authkit_clock
from authkit.models import APIKey
from django.test import override_settings
from rest_framework.request import Request

from tests.api_keys.authentication.hostile import HOSTILE
from tests.conftest import bearer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.urls")]

INVALID = {"detail": "The API key is not valid."}


def with_key(key):
    return {"HTTP_X_API_KEY": key}


def assert_refused(response):
    assert (response.status_code, response.json()) == (401, INVALID)
    assert response.data["detail"].code == "api_key_invalid"
    assert response.headers["WWW-Authenticate"] == 'ApiKey realm="api"'


def test_a_key_with_an_owner_acts_for_the_owner(client, user, make_key, assert_queries):
    _, key = make_key(owner=user)
    client.get("/key", **with_key(key))

    with assert_queries(1):
        response = client.get("/key", **with_key(key))

    assert response.json() == {"user": type(user).__name__, "name": str(user), "auth": "APIKey"}


def test_a_key_without_an_owner_is_a_service(client, make_key, assert_queries):
    _, key = make_key()
    client.get("/key", **with_key(key))

    with assert_queries(1):
        response = client.get("/key", **with_key(key))

    assert response.json() == {"user": "ServicePrincipal", "name": "night job", "auth": "APIKey"}


def test_the_request_carries_the_row_of_the_key_and_its_owner(user, make_key, rf, assert_queries):
    api_key, key = make_key(owner=user)
    request = Request(rf.get("/", **with_key(key)), authenticators=[APIKeyAuthentication()])
    request.authenticators[0].authenticate(request)

    with assert_queries(1):
        owner, found = request.authenticators[0].authenticate(request)
        assert (owner, found, found.owner) == (user, api_key, user)
        assert found.owner is owner


def test_a_request_within_a_minute_of_the_last_writes_nothing(
    client, user, make_key, assert_queries
):
    _, key = make_key(owner=user)
    client.get("/key", **with_key(key))
    before = list(APIKey.objects.values())

    with assert_queries(1) as queries:
        client.get("/key", **with_key(key))

    assert queries[0].startswith("SELECT")
    assert list(APIKey.objects.values()) == before


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("path", ["/key", "/open"])
def test_what_cannot_be_a_key_is_refused_without_a_query(
    client, user, make_key, assert_queries, change, path
):
    _, key = make_key(owner=user)
    with assert_queries(0):
        response = client.get(path, **with_key(change(key)))
    assert_refused(response)


def test_an_unknown_prefix_and_a_wrong_secret_cost_the_same(
    client, make_key, assert_queries, monkeypatch
):
    hashed = []
    original = BrandedKeyGenerator.hash
    monkeypatch.setattr(
        BrandedKeyGenerator, "hash", lambda self, value: hashed.append(1) or original(self, value)
    )
    verified = []
    original_verify = BrandedKeyGenerator.verify
    monkeypatch.setattr(
        BrandedKeyGenerator,
        "verify",
        lambda self, *values: verified.append(1) or original_verify(self, *values),
    )
    api_key, _ = make_key()
    generator = APIKey.objects.key_generator
    unknown = generator.generate()[0]
    wrong_secret = generator.generate()
    APIKey.objects.filter(pk=api_key.pk).update(prefix=wrong_secret[1])
    client.get("/key", **with_key(unknown))

    def cost(key):
        hashed.clear()
        verified.clear()
        with assert_queries(1):
            assert_refused(client.get("/key", **with_key(key)))
        return len(hashed) + len(verified)

    assert cost(unknown) == cost(wrong_secret[0]) == 1


def test_a_revoked_key_is_refused(client, make_key):
    api_key, key = make_key()
    api_key.revoked = True
    api_key.save()
    assert_refused(client.get("/key", **with_key(key)))


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(lambda rows: rows.update(revoked=True), id="update()"),
        pytest.param(lambda rows: rows.delete(), id="delete()"),
        pytest.param(lambda rows: rows.update(hashed_key=""), id="no hash"),
        pytest.param(lambda rows: rows.update(hashed_key="sha512$$"), id="empty hash"),
    ],
)
def test_a_key_ended_behind_the_models_back_is_refused_at_the_next_request(client, make_key, way):
    api_key, key = make_key()
    assert client.get("/key", **with_key(key)).status_code == 200
    way(APIKey.objects.filter(pk=api_key.pk))
    assert_refused(client.get("/key", **with_key(key)))


@pytest.mark.parametrize(
    ("left", "status"),
    [
        (timedelta(microseconds=1), 200),
        (timedelta(0), 401),
        (timedelta(microseconds=-1), 401),
        (timedelta(days=-3650), 401),
        (timedelta(days=36500), 200),
    ],
    ids=str,
)
def test_a_key_lasts_until_its_expiry_and_not_a_moment_longer(
    client, make_key, clock, left, status
):
    _, key = make_key(expiry_date=authkit_clock.now() + left)
    assert client.get("/key", **with_key(key)).status_code == status


def test_a_key_runs_out_while_it_is_in_use(client, make_key, clock):
    _, key = make_key(expiry_date=authkit_clock.now() + timedelta(seconds=60))
    assert client.get("/key", **with_key(key)).status_code == 200
    clock.shift(60)
    assert_refused(client.get("/key", **with_key(key)))


def test_a_key_of_a_deactivated_owner_is_refused(client, user, make_key, assert_queries):
    _, key = make_key(owner=user)
    client.get("/key", **with_key(key))
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    # The key and its owner; the refusal is kept, if there is room for it.
    with assert_queries(3):
        assert_refused(client.get("/key", **with_key(key)))


def test_a_key_of_a_reactivated_owner_works_again(client, user, make_key):
    _, key = make_key(owner=user)
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    client.get("/key", **with_key(key))
    type(user).objects.filter(pk=user.pk).update(is_active=True)
    assert client.get("/key", **with_key(key)).status_code == 200


def test_a_key_of_a_deleted_owner_is_gone(client, user, make_key):
    _, key = make_key(owner=user)
    user.delete()
    assert APIKey.objects.count() == 0
    assert_refused(client.get("/key", **with_key(key)))


def test_a_key_survives_a_password_change_of_its_owner(client, user, make_key):
    # A key is a credential of its own; ending it is a decision of its own.
    _, key = make_key(owner=user)
    user.set_password("another password, just as long")
    user.save()
    assert client.get("/key", **with_key(key)).status_code == 200


def test_a_bad_key_on_an_open_view_is_refused_and_no_key_is_anonymous(client):
    assert_refused(client.get("/open", **with_key("nonsense")))
    assert client.get("/open").json() == {
        "user": "AnonymousUser",
        "name": "AnonymousUser",
        "auth": "NoneType",
    }


def test_a_view_that_requires_a_key_answers_401_with_a_challenge_without_one(client):
    response = client.get("/key")
    assert response.status_code == 401
    assert response.json() == {"detail": "Authentication credentials were not provided."}
    assert response.headers["WWW-Authenticate"] == 'ApiKey realm="api"'


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(lambda key: {"HTTP_COOKIE": f"X-API-Key={key}"}, id="cookie"),
        pytest.param(lambda key: {"HTTP_AUTHORIZATION": f"Api-Key {key}"}, id="Api-Key scheme"),
        pytest.param(lambda key: {"HTTP_AUTHORIZATION": f"ApiKey {key}"}, id="ApiKey scheme"),
        pytest.param(lambda key: {"HTTP_AUTHORIZATION": key}, id="Authorization alone"),
        pytest.param(lambda key: {"X_API_KEY": key}, id="not a header"),
        pytest.param(lambda key: {"HTTP_X_API_KEYS": key}, id="another header"),
    ],
)
def test_a_key_in_any_other_place_is_not_looked_at(client, make_key, assert_queries, place):
    _, key = make_key()
    with assert_queries(0):
        assert client.get("/key", **place(key)).status_code == 401


def test_a_key_as_a_bearer_token_is_no_token(client, make_key, assert_queries):
    _, key = make_key()
    with assert_queries(0):
        response = client.get("/jwt-key", **bearer(key))
    assert response.status_code == 401
    assert response.data["detail"].code == "token_invalid"


def test_a_project_may_have_a_brand_of_its_own(client, make_key):
    _, old = make_key()
    with override_settings(AUTHKIT={"API_KEY_BRAND": "acme-live"}):
        _, key = make_key()
        assert key.startswith("acme-live_")
        assert client.get("/key", **with_key(key)).status_code == 200
        assert_refused(client.get("/key", **with_key(old)))
    assert_refused(client.get("/key", **with_key(key)))
    assert client.get("/key", **with_key(old)).status_code == 200


def test_a_key_whose_brand_was_exchanged_is_refused_though_its_checksum_is_right(client, make_key):
    _, key = make_key()
    body = "acme" + key[2:-6]
    with override_settings(AUTHKIT={"API_KEY_BRAND": "acme"}):
        assert_refused(client.get("/key", **with_key(body + checksum(body))))


def test_a_subclass_may_read_another_header(client, make_key):
    _, key = make_key()
    assert client.get("/machine", HTTP_X_MACHINE_KEY=key).status_code == 200
    assert client.get("/machine", **with_key(key)).status_code == 401
