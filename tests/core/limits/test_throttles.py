"""The tiers in views of a host: who is counted as what, and what the answer is."""

import pytest
from authkit.core.http.views import AuthkitView
from authkit.core.limits.models import RequestCount
from authkit.models import APIKey
from authkit.throttling import AnonymousThrottle
from django.test import override_settings

from tests.conftest import AUTH, bearer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.limits.urls")]

RATES = {
    "anon": "1/min",
    "user": "2/min",
    "api_key": "3/min",
    "staff": "4/min",
    "export": "1/hour",
    "trial": "1/min",
}


@pytest.fixture(autouse=True)
def _rates(clock):
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": RATES}):
        yield


def statuses(client, times, path="/tiered/", **headers):
    return [client.get(path, **headers).status_code for _ in range(times)]


def key(**fields):
    return {"HTTP_X_API_KEY": APIKey.objects.create_key(name="k", **fields)[1]}


def test_each_request_counts_against_one_throttle(client, make_user):
    user, staff = make_user(), make_user(is_staff=True)
    tokens = [bearer(client.pair(who)["access"]) for who in (user, staff)]
    credentials = [{}, tokens[0], key(owner=staff), tokens[1]]
    for limit, credential in enumerate(credentials, start=1):
        assert statuses(client, 5, **credential) == [200] * limit + [429] * (5 - limit)


def test_the_answer_says_when_to_come_back(client, clock):
    statuses(client, 1)
    clock.shift(19.75)
    response = client.get("/tiered/")
    assert response.status_code == 429
    # Until the request is a minute old, and the step of five seconds that it was made in over.
    assert response.headers["Retry-After"] == "45"
    assert response.data["detail"].code == "throttled"
    clock.shift(45)
    assert statuses(client, 2) == [200, 429]


def test_the_handlers_that_show_codes_show_it(client):
    statuses(client, 1)
    with override_settings(
        REST_FRAMEWORK={
            "DEFAULT_THROTTLE_RATES": RATES,
            "EXCEPTION_HANDLER": "authkit.errors.problem_details_handler",
        }
    ):
        response = client.get("/tiered/")
    assert response.json()["code"] == "throttled"
    assert response.headers["Retry-After"] == "65"


def test_anonymous_clients_are_told_apart_by_address(client):
    assert statuses(client, 2, REMOTE_ADDR="203.0.113.1") == [200, 429]
    assert statuses(client, 2, REMOTE_ADDR="203.0.113.2") == [200, 429]


def test_addresses_of_one_64_are_one_client(client):
    assert statuses(client, 1, REMOTE_ADDR="2001:db8::1") == [200]
    assert statuses(client, 1, REMOTE_ADDR="2001:db8::ffff:1") == [429]
    assert statuses(client, 1, REMOTE_ADDR="2001:db8:0:1::1") == [200]


@pytest.mark.parametrize(
    "header",
    [
        "HTTP_X_FORWARDED_FOR",
        "HTTP_FORWARDED",
        "HTTP_X_REAL_IP",
        "HTTP_CF_CONNECTING_IP",
        "HTTP_TRUE_CLIENT_IP",
    ],
)
def test_no_header_makes_a_new_client(client, header):
    came = [client.get("/tiered/", **{header: f"203.0.113.{n}"}).status_code for n in range(50)]
    assert came == [200] + [429] * 49


@override_settings(AUTHKIT={"TRUSTED_PROXIES": 1})
def test_behind_a_proxy_the_client_is_whom_the_proxy_names(client):
    def ask(forwarded):
        return client.get("/tiered/", HTTP_X_FORWARDED_FOR=forwarded).status_code

    assert [ask("203.0.113.1"), ask("203.0.113.2")] == [200, 200]
    assert [ask(f"198.51.100.{n}, 203.0.113.1") for n in range(5)] == [429] * 5


def test_clients_without_an_address_share_no_bucket_and_the_log_says_so(client, caplog):
    assert statuses(client, 5, REMOTE_ADDR="") == [200] * 5
    [warning] = [record for record in caplog.records if record.name == "authkit.tiers"]
    assert "TRUSTED_PROXIES" in warning.getMessage()


@override_settings(AUTHKIT={"TRUSTED_PROXIES": 1})
def test_behind_a_unix_socket_the_proxy_names_them(client):
    asked = {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": "203.0.113.1"}
    assert statuses(client, 2, **asked) == [200, 429]


def test_sessions_of_one_user_share_a_rate_and_users_do_not(client, make_user):
    one, other = make_user(), make_user()
    first, second = (bearer(client.pair(one)["access"]) for _ in range(2))
    assert statuses(client, 1, **first) + statuses(client, 2, **second) == [200, 200, 429]
    assert statuses(client, 2, **bearer(client.pair(other)["access"])) == [200, 200]


def test_a_user_of_djangos_sessions_is_a_user(client, user):
    client.force_login(user)
    assert statuses(client, 3) == [200, 200, 429]


def test_keys_of_one_owner_have_a_rate_each_and_spend_nothing_of_the_owners(client, user):
    assert statuses(client, 4, **key(owner=user)) == [200, 200, 200, 429]
    assert statuses(client, 4, **key(owner=user)) == [200, 200, 200, 429]
    assert statuses(client, 4, **key()) == [200, 200, 200, 429]
    assert statuses(client, 3, **bearer(client.pair(user)["access"])) == [200, 200, 429]


def test_views_of_one_scope_share_a_count_for_each_client(client, user):
    assert statuses(client, 1, "/export/") == [200]
    assert statuses(client, 1, "/another-export/") == [429]
    assert statuses(client, 2, "/export/", **bearer(client.pair(user)["access"])) == [200, 429]
    assert statuses(client, 3, "/tiered/")[0] == 200


def test_a_view_without_a_scope_is_not_limited(client):
    assert statuses(client, 5, "/unnamed/") == [200] * 5


def test_a_project_may_subclass_a_throttle(client, make_user):
    trial, paid = make_user("trial"), make_user("paid")
    assert statuses(client, 2, "/trials/", **bearer(client.pair(trial)["access"])) == [200, 429]
    assert statuses(client, 2, "/trials/", **bearer(client.pair(paid)["access"])) == [200, 200]


def test_a_rate_beside_the_settings(client):
    assert statuses(client, 2, "/once/") == [200, 429]


def test_a_rate_of_none_is_no_rate_limit(client):
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {**RATES, "anon": None}}):
        assert statuses(client, 5) == [200] * 5


def test_rates_are_read_when_they_are_needed(client):
    assert statuses(client, 2) == [200, 429]
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {**RATES, "anon": "3/min"}}):
        assert statuses(client, 3) == [200, 200, 429]


@pytest.mark.parametrize(
    ("rates", "sentence"),
    [
        ({}, "AnonymousThrottle wants a rate: write"),
        ({"anon": "many"}, "The rate 'many' of 'anon' cannot be read: write it like '60/min'."),
        ({"anon": ""}, "The rate '' of 'anon' cannot be read"),
        ({"anon": "-1/day"}, "The rate '-1/day' of 'anon' cannot be read"),
        ({"anon": 60}, "The rate 60 of 'anon' cannot be read"),
    ],
)
def test_without_a_rate_that_can_be_read_nothing_is_let_through(client, rates, sentence, caplog):
    """E013 says so before; at run time it fails closed, and the log has the sentence."""
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": rates}):
        response = client.get("/tiered/")
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    [line] = [record for record in caplog.records if record.name == "authkit.tiers"]
    assert (line.levelname, sentence in line.getMessage()) == ("ERROR", True)


@pytest.mark.parametrize("rate", ["0/s", "0/min", "0/day"])
def test_a_rate_of_0_lets_nothing_through_as_in_rest_framework(client, rate):
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {**RATES, "anon": rate}}):
        response = client.get("/tiered/")
        assert client.get("/tiered/", REMOTE_ADDR="").status_code == 429
    assert response.status_code == 429
    seconds = {"0/s": "1", "0/min": "60", "0/day": "86400"}
    assert response.headers["Retry-After"] == seconds[rate]
    assert RequestCount.objects.count() == 0


def test_our_own_endpoints_accept_the_throttles_too(client, monkeypatch):
    monkeypatch.setattr(AuthkitView, "throttle_classes", [AnonymousThrottle])
    path = AUTH + "token/verify/"
    assert client.post(path, {"token": "x"}).status_code == 401
    response = client.post(path, {"token": "x"})
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert response.headers["Retry-After"] == "65"
