"""A key in the address is refused, also a good one, and told without the key (ASVS 14.2.1)."""

import json
from urllib.parse import quote

import pytest
from authkit.api_keys.keys import checksum
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from django.test import override_settings
from django.urls import path
from rest_framework.permissions import AllowAny, IsAuthenticated

from tests.api_keys.calls import assert_refused, assert_works, with_key
from tests.api_keys.urls import WhoAmI
from tests.api_keys.urls import urlpatterns as usual

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.authentication.test_in_urls")]


class QueryKeyAuthentication(APIKeyAuthentication):
    query_parameter = "api_key"


def taking(*authenticators, permission=IsAuthenticated):
    return WhoAmI.as_view(authentication_classes=authenticators, permission_classes=[permission])


class Anything(WhoAmI):
    authentication_classes = [APIKeyAuthentication]

    def get(self, request, rest):
        return super().get(request)


urlpatterns = [
    *usual,
    path("query", taking(QueryKeyAuthentication)),
    path("query-header", taking(QueryKeyAuthentication, APIKeyAuthentication)),
    path("header-query", taking(APIKeyAuthentication, QueryKeyAuthentication)),
    path("jwt-query", taking(JWTAuthentication, QueryKeyAuthentication)),
    path("open-query", taking(QueryKeyAuthentication, permission=AllowAny)),
    path("path/<path:rest>", Anything.as_view()),
]


def assert_refused_in_url(answer):
    assert answer.status_code == 400
    assert answer.data["detail"].code == "credential_in_url"


PLACES = {
    "a parameter": lambda key: f"/key?api_key={key}",
    "any parameter": lambda key: f"/key?q=books&state={key}&page=2",
    "the name of a parameter": lambda key: f"/key?{key}",
    "half of a parameter": lambda key: f"/key?q=Api-Key%20{key}",
    "escaped": lambda key: f"/key?k={quote(key).replace('_', '%5F')}",
    "quoted": lambda key: f'/key?k="{key}"',
    "the path": lambda key: f"/path/{key}/books",
    "the end of the path": lambda key: f"/path/{key}",
    "the escaped path": lambda key: f"/path/{key.replace('_', '%5f')}",
    "an open view": lambda key: f"/open?api_key={key}",
    "a view that takes both": lambda key: f"/jwt-key?api_key={key}",
}


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside itself in the header"])
@pytest.mark.parametrize("place", PLACES)
def test_a_key_in_the_address_is_refused_and_told(
    client, make_key, assert_queries, security_log, place, beside
):
    api_key, key = make_key()
    with assert_queries(0):
        answer = client.get(PLACES[place](key), **(with_key(key) if beside else {}))
    assert_refused_in_url(answer)
    told = {"event": "credential_in_url", "credential": api_key.prefix, "ip": "127.0.0.1"}
    assert security_log() == [("WARNING", told)]
    assert key.split("_")[2] not in json.dumps(security_log())
    assert_works(client, key)


def test_a_dead_key_in_the_address_is_refused_alike(client, make_key):
    _, key = make_key(revoked=True)
    assert_refused_in_url(client.get(f"/key?k={key}"))


@pytest.mark.parametrize(
    "text",
    ["ak_", "ak_AAAAAAAA_BBBB", "a_b_c_d", "_" * 200, "ak_" * 500, "x" * 8000, "%00%ff%zz", "ak_A"],
)
def test_what_only_looks_a_little_like_a_key_is_none_of_our_business(client, make_key, text):
    _, key = make_key()
    assert client.get(f"/key?q={text}", **with_key(key)).status_code == 200
    if "%" not in text:
        assert client.get(f"/path/{text}", **with_key(key)).status_code == 200


def test_a_key_of_another_brand_is_none_of_our_business(client, make_key):
    _, key = make_key()
    body = "acme" + key[2:-6]
    other = body + checksum(body)
    assert client.get(f"/key?q={other}", **with_key(key)).status_code == 200
    with override_settings(AUTHKIT={"API_KEY_BRAND": "acme"}):
        assert_refused_in_url(client.get(f"/key?q={other}"))


def test_a_view_that_takes_no_key_looks_at_none(client, make_key):
    _, key = make_key()
    assert client.get(f"/jwt?q={key}").status_code == 401


# --- everywhere else a key is not looked at at all --------------------------------------------


def test_a_key_in_a_form_is_not_looked_at(client, make_key, assert_queries):
    _, key = make_key()
    with assert_queries(0):
        answer = client.post("/model", {"api_key": key, "X-API-Key": key}, format="multipart")
    assert answer.status_code == 401


def test_a_key_in_basic_credentials_is_not_looked_at(client, make_key, assert_queries):
    _, key = make_key()
    with assert_queries(0):
        answer = client.get("/key", HTTP_AUTHORIZATION=f"Basic {key}")
    assert answer.status_code == 401


# --- a project that takes keys there ------------------------------------------------------------


@pytest.mark.parametrize("address", ["/query", "/query-header", "/header-query", "/jwt-query"])
def test_a_project_may_take_keys_from_the_query_at_its_own_risk(client, make_key, address):
    _, key = make_key()
    assert client.get(f"{address}?api_key={key}").status_code == 200
    for bad in ("nonsense", "", key[:-1], key + "%00", "%F0%9F%94%91"):
        answer = client.get(f"{address}?api_key={bad}")
        assert (answer.status_code, answer.data["detail"].code) == (401, "api_key_invalid")
    assert client.get(f"{address}?other={key}").status_code == 401


def test_a_key_in_the_query_is_not_looked_for_in_the_header(client, make_key):
    _, key = make_key()
    assert client.get("/query", **with_key(key)).status_code == 401
    assert client.get("/query-header", **with_key(key)).status_code == 200


def test_two_keys_in_two_places_are_one_too_many(client, make_key):
    _, key = make_key()
    for address in ("/query-header", "/header-query"):
        answer = client.get(f"{address}?api_key={key}", **with_key(key))
        assert (answer.status_code, answer.data["detail"].code) == (400, "multiple_credentials")


def test_a_token_in_the_query_is_refused_there_too(client, make_user):
    access = client.pair(make_user())["access"]
    assert_refused_in_url(client.get(f"/jwt-query?api_key={access}"))


def test_a_key_in_the_path_is_refused_there_too(client, make_key):
    _, key = make_key()
    assert_refused_in_url(client.get(f"/path/{key}"))


def test_a_bad_key_in_the_query_of_an_open_view_is_refused(client):
    assert client.get("/open-query").status_code == 200
    assert client.get("/open-query?api_key=nonsense").status_code == 401


def test_a_key_in_the_header_stays_what_it_is(client, make_key):
    _, key = make_key()
    assert_works(client, key)
    assert_refused(client, key[:-1])
