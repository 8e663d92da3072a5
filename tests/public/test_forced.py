"""``force_authenticate()`` of REST framework's test client, at every route."""

import pytest
from authkit import urls
from authkit.models import APIKey, Session
from authkit.sessions.access.bearer import AccessToken
from authkit.sessions.validate import session_of_access_token
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate
from rest_framework_api_key.models import APIKey as ForeignKey
from rest_framework_simplejwt.tokens import AccessToken as SimpleToken

from tests.conftest import AUTH, bearer, has_column
from tests.public.endpoints import METHODS, OWNERS, ROUTES

pytestmark = pytest.mark.django_db

TOKENS = {
    "none": lambda user: None,
    "object": lambda user: object(),
    "text": lambda user: "token",
    "dict": lambda user: {"session": 1, "claims": {}},
    "simplejwt": lambda user: SimpleToken(),
    "owned key": lambda user: APIKey.objects.create_key(name="job", owner=user)[0],
    "foreign key": lambda user: ForeignKey.objects.create_key(name="job")[0],
    "session": lambda user: Session(user=user),
}
CALLS = [(method, path) for path, view in ROUTES for method in METHODS if hasattr(view, method)]


def url(path):
    return AUTH + path.format(session_id=UNKNOWN, key_id=UNKNOWN)


INTROSPECT = ("post", "token/introspect/")
TICKET = ("post", "ticket/")
UNKNOWN = "00000000-0000-0000-0000-000000000000"


def answers_of(client):
    return {
        (method, path): getattr(client, method)(url(path), {}, format="json")
        for method, path in CALLS
    }


def assert_answered_as_if_absent(user, token):
    forced = APIClient()
    forced.force_authenticate(user, token)
    expected = answers_of(APIClient())
    answers = answers_of(forced)
    if isinstance(token, APIKey):  # the endpoints for keys take it, and one asks for its scope
        assert answers.pop(INTROSPECT).json()["code"] == "insufficient_scope"
        assert answers.pop(TICKET).status_code == 201
    for call, answer in answers.items():
        assert answer.status_code == expected[call].status_code < 500, call
        assert answer.json() == expected[call].json(), call
        assert answer.headers.get("WWW-Authenticate") == expected[call].headers.get(
            "WWW-Authenticate"
        ), call


@pytest.mark.parametrize("kind", TOKENS)
def test_a_forced_user_is_answered_as_if_nothing_were_forced(user, kind):
    assert_answered_as_if_absent(user, TOKENS[kind](user))


@pytest.mark.parametrize("kind", TOKENS)
def test_also_where_all_routes_are_on(user, kind, settings):
    settings.AUTHKIT = {
        "REGISTRATION": True,
        "EMAIL_VERIFICATION_URL": "https://app.example.com/confirm#token={token}",
        "PASSWORD_RESET_URL": "https://app.example.com/reset#uid={uid}&token={token}",
    }
    assert_answered_as_if_absent(user, TOKENS[kind](user))


def test_what_needs_a_session_is_401_with_our_challenge(user):
    client = APIClient()
    client.force_authenticate(user)
    for path in OWNERS if has_column("email") else []:
        view = dict(ROUTES)[path]
        method = next(method for method in METHODS if hasattr(view, method))
        answer = getattr(client, method)(url(path), {}, format="json")
        if path != "email/change/":  # off, and 404
            assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
            assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_real_token_beside_a_forced_user_counts(client, user, make_user):
    access = client.pair(user)["access"]
    forced = APIClient(headers={"authorization": f"Bearer {access}"})
    forced.force_authenticate(make_user())
    assert (
        forced.get(AUTH + "me/").json()["id"]
        == client.get(AUTH + "me/", **bearer(access)).json()["id"]
    )


def test_a_forced_session_works(client, user):
    session, claims = session_of_access_token(client.pair(user)["access"])
    forced = APIClient()
    forced.force_authenticate(user, AccessToken(session, claims))
    [listed] = forced.get(AUTH + "sessions/").json()
    assert (listed["id"], listed["current"]) == (str(session.pk), True)


def test_a_forced_service_key_introspects(user):
    key, _ = APIKey.objects.create_key(name="service", scopes=["authkit:introspect"])
    forced = APIClient()
    forced.force_authenticate(user, key)
    answer = forced.post(AUTH + "token/introspect/", {"token": "x"}, format="json")
    assert (answer.status_code, answer.json()) == (200, {"active": False})


def test_a_forced_request_of_the_factory_is_answered_alike(user):
    for pattern in urls.urlpatterns:
        request = APIRequestFactory().get("/")
        force_authenticate(request, user)
        values = dict.fromkeys(pattern.pattern.converters, UNKNOWN)
        assert pattern.callback(request, **values).status_code in (401, 404, 405)
