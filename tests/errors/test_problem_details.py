"""RFC 9457 for the whole API of a host: ours, and views that know nothing of us."""

import pytest
from authkit.core.http.views import AuthkitView
from django.test import override_settings
from rest_framework.throttling import BaseThrottle

from tests.conftest import AUTH, PASSWORD, bearer
from tests.errors.refusals import REFUSALS
from tests.errors.test_errors import each, special

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.errors.problem_urls")]

HANDLER = {"EXCEPTION_HANDLER": "authkit.errors.problem_details_handler"}
PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
def _handler():
    with override_settings(REST_FRAMEWORK=HANDLER):
        yield


def problem(response):
    """The members that are not as every problem has them."""
    assert response.headers["Content-Type"] == PROBLEM
    body = response.json()
    assert body.pop("type") == "about:blank"
    assert body.pop("status") == response.status_code
    assert body.pop("title") == response.reason_phrase
    return body


@each
def test_every_refusal_of_ours_in_a_hosts_view(client, name, status, code, sentence, headers):
    response = client.get(f"/host/{name}/")
    assert response.status_code == status
    assert problem(response) == {"detail": sentence, "code": code}
    assert special(response) == headers


@pytest.mark.parametrize(
    ("name", "status", "members"),
    [
        ("404", 404, {"detail": "Not found.", "code": "not_found"}),
        (
            "403",
            403,
            {
                "detail": "You do not have permission to perform this action.",
                "code": "permission_denied",
            },
        ),
        ("not-found", 404, {"detail": "There is no such invoice.", "code": "no_invoice"}),
        ("conflict", 409, {"detail": "This is in use elsewhere.", "code": "conflict"}),
        ("server", 500, {"detail": "A server error occurred.", "code": "error"}),
        ("untitled", 499, {"detail": "A server error occurred.", "code": "error"}),
        ("dict", 409, {"detail": "Lent.", "code": "conflict", "until": ["Monday"]}),
        (
            "dict-without-detail",
            409,
            {"detail": "This is in use elsewhere.", "code": "conflict", "until": "Monday"},
        ),
        (
            "numbered",
            409,
            {
                "detail": "This is in use elsewhere.",
                "code": "numbered",
                "left": 3,
                "share": 0.5,
                "known": True,
                "owner": None,
            },
        ),
        (
            "list",
            409,
            {
                "detail": "This is in use elsewhere.",
                "code": "conflict",
                "errors": [
                    {"pointer": "#", "detail": "Lent.", "code": "conflict"},
                    {"pointer": "#", "detail": "Reserved.", "code": "conflict"},
                ],
            },
        ),
        (
            "simplejwt",
            403,  # as DRF has it where no authenticator has a challenge to offer
            {
                "detail": "Given token not valid",
                "code": "token_not_valid",
                "messages": [{"token_class": "AccessToken"}],
            },
        ),
        (
            "sentence",
            400,
            {
                "detail": "Invalid input.",
                "code": "invalid",
                "errors": [{"pointer": "#", "detail": "The two do not fit.", "code": "misfit"}],
            },
        ),
        (
            "throttled",
            429,
            {
                "detail": "Request was throttled. Expected available in 30 seconds.",
                "code": "throttled",
            },
        ),
    ],
)
def test_what_drf_and_django_raise(client, name, status, members):
    client.raise_request_exception = False
    response = client.get(f"/host/{name}/")
    assert response.status_code == status
    assert problem(response) == members


def test_a_crash_stays_djangos_and_tells_nothing(client):
    with pytest.raises(RuntimeError):
        client.get("/host/crash/")
    client.raise_request_exception = False
    response = client.get("/host/crash/")
    assert response.status_code == 500
    assert b"hunter2" not in response.content


def test_throttled_by_a_host_says_when_to_come_back(client):
    response = client.get("/throttled/")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "30")
    assert problem(response)["code"] == "throttled"


ORDERS = {
    "nothing": (
        {},
        [
            ("#/address", "This field is required.", "required"),
            ("#/lines", "This field is required.", "required"),
        ],
    ),
    "nested": (
        {"address": {}, "lines": [{"sku": "abc", "amount": 1}, {"sku": "abcd", "amount": 0}]},
        [
            ("#/address/city", "This field is required.", "required"),
            ("#/lines/1/sku", "Ensure this field has no more than 3 characters.", "max_length"),
            (
                "#/lines/1/amount",
                "Ensure this value is greater than or equal to 1.",
                "min_value",
            ),
        ],
    ),
    "of no field": (
        {"address": {"city": "Ulm"}, "lines": [{"sku": "abc", "amount": 13}]},
        [("#/lines/0", "Not thirteen.", "unlucky")],
    ),
    "empty list": (
        {"address": {"city": "Ulm"}, "lines": []},
        [("#/lines", "This list may not be empty.", "empty")],
    ),
    "no dict at all": (
        "order",
        [("#", "Invalid data. Expected a dictionary, but got str.", "invalid")],
    ),
    "a list and a dict of values": (
        {
            "address": {"city": "Ulm"},
            "lines": [{"sku": "abc", "amount": 1}],
            "tags": [1, "x"],
            "notes": {"a/b": "x"},
        },
        [
            ("#/tags/1", "A valid integer is required.", "invalid"),
            ("#/notes/a~1b", "A valid integer is required.", "invalid"),
        ],
    ),
    "many at once": (
        [{"address": {"city": "Ulm"}, "lines": [{"sku": "abc", "amount": 1}]}, {"lines": 1}],
        [
            ("#/1/address", "This field is required.", "required"),
            ("#/1/lines", 'Expected a list of items but got type "int".', "not_a_list"),
        ],
    ),
}


@pytest.mark.parametrize(("body", "errors"), ORDERS.values(), ids=ORDERS)
def test_wrong_fields_are_pointed_at(client, body, errors):
    response = client.post("/orders/", body, format="json")
    assert response.status_code == 400
    assert problem(response) == {
        "detail": "Invalid input.",
        "code": "invalid",
        "errors": [
            {"pointer": pointer, "detail": detail, "code": code} for pointer, detail, code in errors
        ],
    }


@override_settings(REST_FRAMEWORK={**HANDLER, "NON_FIELD_ERRORS_KEY": "__all__"})
def test_errors_of_no_field_are_known_by_whatever_name_the_host_gives_them(client):
    body = {"address": {"city": "Ulm"}, "lines": [{"sku": "abc", "amount": 13}]}
    errors = client.post("/orders/", body, format="json").json()["errors"]
    assert [error["pointer"] for error in errors] == ["#/lines/0"]


def test_a_pointer_is_escaped_for_json_and_for_the_uri(client):
    errors = client.get("/host/pointer/").json()["errors"]
    assert [error["pointer"] for error in errors] == ["#/a~1b~0c", "#/d%20e"]


def test_what_has_no_utf_8_is_still_answered(client):
    errors = client.get("/host/surrogate/").json()["errors"]
    assert errors == [{"pointer": "#/a%3F", "detail": '"?" is no choice.', "code": "invalid"}]


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/many/404/", None),
        ("/many/404/", "*/*"),
        ("/many/404/", "application/json"),
        ("/many/404/", "application/json; indent=4"),
        ("/many/404/", "application/xml"),
        ("/many/404/?format=xml", None),
        ("/xml/404/", None),
        ("/xml/404/", "application/xml"),
    ],
)
def test_whatever_was_accepted_a_problem_is_json(client, path, accept):
    response = client.get(path, **({} if accept is None else {"HTTP_ACCEPT": accept}))
    assert response.status_code == 404
    assert problem(response) == {"detail": "Not found.", "code": "not_found"}


def test_a_client_that_accepts_problems_alone_is_406_as_a_problem(client):
    response = client.get("/many/404/", HTTP_ACCEPT="application/problem+json")
    assert response.status_code == 406
    assert problem(response)["code"] == "not_acceptable"


def test_a_browser_gets_the_page_with_the_problem_in_it(client):
    response = client.get("/many/404/", HTTP_ACCEPT="text/html")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"about:blank" in response.content


def test_a_json_renderer_of_the_hosts_keeps_its_voice(client):
    response = client.get("/camel/404/")
    assert response.headers["Content-Type"] == PROBLEM
    assert response.json()["camel"]["code"] == "not_found"


# --- our own endpoints --------------------------------------------------------------------


def test_a_refused_log_in(client, user):
    response = client.log_in(user, "wrong")
    assert response.status_code == 401
    assert problem(response) == {
        "detail": "These credentials are not valid.",
        "code": "invalid_credentials",
    }
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [(lambda client: client.post(AUTH + "token/", {}), 400, "invalid"), *REFUSALS.values()],
    ids=["fields", *REFUSALS],
)
def test_every_other_refusal_is_a_problem_that_is_not_stored(client, call, status, code):
    response = call(client)
    assert response.status_code == status
    assert problem(response)["code"] == code
    assert response.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in response.headers) is (status == 401)


def test_no_such_session_is_404_as_a_problem(client, user):
    access = client.pair(user)["access"]
    path = AUTH + "sessions/00000000-0000-0000-0000-000000000000/"
    response = client.delete(path, **bearer(access))
    assert response.status_code == 404
    assert problem(response) == {"detail": "Not found.", "code": "not_found"}


class Never(BaseThrottle):
    def allow_request(self, request, view):
        return False


def test_a_429_of_ours_always_says_when_to_come_back(client, monkeypatch):
    monkeypatch.setattr(AuthkitView, "throttle_classes", [Never])
    response = client.post(AUTH + "token/", {})
    assert problem(response) == {"detail": "Request was throttled.", "code": "throttled"}
    assert response.headers["Retry-After"] == "1"


def test_what_succeeds_is_no_problem(client, user):
    response = client.log_in(user, PASSWORD)
    assert response.headers["Content-Type"] == "application/json"
