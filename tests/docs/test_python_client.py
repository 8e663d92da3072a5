"""The client in Python that projects copy, against a live server."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from authkit.models import Session
from authkit.testing import SessionClient, authenticator_app, client_for
from authkit_client import Client, Refused, SessionEnded
from requests.adapters import HTTPAdapter

from tests.conftest import AUTH, PASSWORD
from tests.docs.serving import waiting_for_requests_to_end

SESSIONS = AUTH + "sessions/"
REFRESH = AUTH + "token/refresh/"
HANDLERS = [
    "rest_framework.views.exception_handler",
    "authkit.errors.exception_handler",
    "authkit.errors.problem_details_handler",
    "drf_standardized_errors.handler.exception_handler",
]


class Wire(HTTPAdapter):
    """Records the requests, and lets a test change what comes back."""

    def __init__(self):
        super().__init__()
        self.paths = []
        self.authorizations = []
        self.after = lambda request, response: response

    def send(self, request, **kwargs):
        self.paths.append(request.path_url)
        self.authorizations.append(request.headers.get("Authorization"))
        response = super().send(request, **kwargs)
        assert response.content is not None  # read, so that its connection is in the pool again
        return self.after(request, response)

    def close(self):
        # urllib3 leaves that to the garbage collector, and the server waits for it.
        pools = self.poolmanager.pools
        for pool in map(pools.get, pools.keys()):
            pool.close()
        super().close()

    @property
    def refreshes(self):
        return self.paths.count(REFRESH)


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def kept():
    return []


@pytest.fixture
def make_client(live_server, wire, kept, user):
    """Make clients that record what they keep, and close them."""
    made = []

    def make(**options):
        options = {"keep": kept.append, "username_field": user.USERNAME_FIELD, **options}
        client = Client(live_server.url + AUTH, **options)
        client.mount("http://", wire)
        made.append(client)
        return client

    with waiting_for_requests_to_end():
        yield make
        for client in made:
            client.close()


@pytest.fixture
def held(user):
    """A session of the user, as the server sees it."""
    return client_for(user)


@pytest.fixture
def client(make_client, held):
    """A client of that session."""
    return make_client(tokens=tokens_of(held))


@pytest.fixture
def expired(client, held):
    """The client again; its access token has expired."""
    held.expire_access_token()
    client._tokens = tokens_of(held)
    return client


def tokens_of(held: SessionClient):
    pair = {"access": held.access, "refresh": held.refresh}
    return {**pair, "token_type": "Bearer", "expires_in": 300}


def never_asked(again):
    raise AssertionError("there is no second factor")


def answer(status, **headers):
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    response._content = b"<h1>Not of the API</h1>"
    return response


def test_a_user_logs_in_asks_and_logs_out(make_client, user, kept):
    client = make_client()
    client.log_in(user.get_username(), PASSWORD, never_asked)
    [session] = client.get(SESSIONS).json()
    assert session["current"]
    assert kept[-1] == client._tokens
    client.log_out()
    client.log_out()
    assert not client.is_logged_in
    assert kept[-1] is None
    assert Session.objects.live().count() == 0
    with pytest.raises(SessionEnded, match="not logged in"):
        client.get(SESSIONS)


def test_a_client_goes_on_with_the_tokens_that_were_kept(client, make_client, held, kept):
    held.expire_access_token()
    client._tokens = tokens_of(held)
    client.get(SESSIONS)
    later = make_client(tokens=kept[-1])
    assert later.get(SESSIONS).status_code == 200


@pytest.mark.parametrize("handler", HANDLERS)
def test_if_the_access_token_has_expired_then_it_is_refreshed(expired, wire, settings, handler):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": handler}
    assert expired.get(SESSIONS).status_code == 200
    assert wire.refreshes == 1


@pytest.mark.parametrize("handler", HANDLERS[1:])
def test_if_only_the_body_says_expired_then_the_token_is_refreshed(
    expired, held, wire, settings, handler
):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": handler}

    def without_challenge(request, response):
        response.headers.pop("WWW-Authenticate", None)
        return response

    wire.after = without_challenge
    assert expired.get(SESSIONS).status_code == 200
    assert held.auth_session.generation == 1


def test_if_eight_threads_hold_an_expired_token_then_one_refreshes(expired, held, wire):
    all_refused = threading.Barrier(8)

    def hold(request, response):
        if response.status_code == 401:
            all_refused.wait(timeout=60)
        return response

    wire.after = hold
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: expired.get(SESSIONS), range(8)))
    assert [response.status_code for response in answers] == [200] * 8
    assert wire.refreshes == 1
    assert held.auth_session.generation == 1


def test_if_a_401_has_another_reason_then_the_token_is_not_refreshed(client, wire):
    client._tokens["access"] = "eyJhbGciOiJub25lIn0.e30."
    assert client.get(SESSIONS).status_code == 401
    assert wire.paths == [SESSIONS]
    assert client.is_logged_in


@pytest.mark.parametrize("handler", HANDLERS)
def test_if_the_session_has_ended_then_the_user_has_to_log_in(
    client, held, wire, kept, settings, handler
):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": handler}
    held.end_session()
    with pytest.raises(SessionEnded) as ended:
        client.get(SESSIONS)
    assert ended.value.code == "session_ended"
    assert kept == [None]
    assert wire.refreshes == 0


def test_if_the_user_has_logged_in_again_then_the_end_of_the_old_session_is_no_end(
    client, held, user, wire
):
    held.end_session()
    newer = tokens_of(client_for(user))

    def log_in_meanwhile(request, response):
        client._tokens = newer
        return response

    wire.after = log_in_meanwhile
    with pytest.raises(SessionEnded):
        client.get(SESSIONS)
    wire.after = lambda request, response: response
    assert client.get(SESSIONS).status_code == 200


def test_if_the_refresh_token_was_used_by_another_program_then_the_session_is_over(
    expired, held, kept
):
    held.rotate()
    held.rotate()
    with pytest.raises(SessionEnded) as ended:
        expired.get(SESSIONS)
    assert ended.value.code == "token_reused"
    assert kept == [None]


@pytest.mark.parametrize(
    "lost",
    [requests.ConnectionError(), requests.ReadTimeout(), answer(502), answer(504)],
    ids=["no connection", "no answer", "502", "504"],
)
def test_if_the_answer_of_a_refresh_is_lost_then_the_same_token_is_sent_at_once(
    expired, held, wire, lost
):
    def lose_the_first(request, response):
        if request.path_url != REFRESH or wire.refreshes > 1:
            return response
        if isinstance(lost, Exception):
            raise lost
        return lost

    wire.after = lose_the_first
    assert expired.get(SESSIONS).status_code == 200
    assert wire.refreshes == 2
    assert held.auth_session.generation == 1
    assert held.auth_session.revoked_at is None


@pytest.mark.parametrize("status", [429, 503])
def test_if_the_api_cannot_refresh_now_then_the_session_goes_on(expired, wire, kept, status):
    def refuse(request, response):
        busy = answer(status, **{"Retry-After": "7"})
        return busy if request.path_url == REFRESH else response

    wire.after = refuse
    with pytest.raises(Refused) as refused:
        expired.get(SESSIONS)
    assert (refused.value.status, refused.value.retry_after) == (status, 7)
    assert kept == []
    wire.after = lambda request, response: response
    assert expired.get(SESSIONS).status_code == 200


def test_if_the_password_is_wrong_then_it_is_sent_once(make_client, user, wire):
    client = make_client()
    with pytest.raises(Refused) as refused:
        client.log_in(user.get_username(), "wrong", never_asked)
    assert (refused.value.status, refused.value.code) == (401, "invalid_credentials")
    assert wire.paths == [AUTH + "token/"]
    assert not client.is_logged_in


def test_if_there_were_too_many_passwords_then_the_client_says_how_long_to_wait(make_client, user):
    client = make_client()
    for _ in range(11):
        with pytest.raises(Refused) as refused:
            client.log_in(user.get_username(), "wrong", never_asked)
    assert (refused.value.status, refused.value.code) == (429, "too_many_attempts")
    assert refused.value.retry_after > 0


def test_if_a_code_is_wrong_then_the_user_is_asked_again(make_client, user):
    app = authenticator_app(user)
    asked = []

    def ask_for_code(again):
        asked.append(again)
        return app.code() if again else app.wrong_code()

    client = make_client()
    client.log_in(user.get_username(), PASSWORD, ask_for_code)
    assert asked == [False, True]
    assert client.get(SESSIONS).json()[0]["amr"] == ["pwd", "otp", "mfa"]


def test_if_a_challenge_is_used_up_then_there_is_a_new_one(make_client, user, wire):
    app = authenticator_app(user)
    codes = [app.wrong_code()] * 6 + [app.recovery_codes[0]]
    client = make_client()
    client.log_in(user.get_username(), PASSWORD, lambda again: codes.pop(0))
    assert client.get(SESSIONS).status_code == 200
    assert wire.paths.count(AUTH + "token/") == 2


@pytest.mark.addresses
def test_if_the_api_wants_a_fresh_proof_then_the_user_is_asked_once(make_client, held, kept):
    held.age_authentication(timedelta(minutes=6))
    client = make_client(tokens=tokens_of(held), prove=lambda: {"password": PASSWORD})
    for name in ("backup", "import"):
        assert client.post(AUTH + "api-keys/", json={"name": name}).status_code == 201
    assert [tokens["refresh"] for tokens in kept] == [held.refresh]


@pytest.mark.addresses
def test_if_nothing_proves_then_the_caller_sees_the_step_up(client, held, wire):
    held.age_authentication(timedelta(minutes=6))
    client._tokens = tokens_of(held)
    response = client.post(AUTH + "api-keys/", json={"name": "backup"})
    assert response.status_code == 401
    assert wire.refreshes == 0


def test_if_the_proof_is_wrong_then_it_is_sent_once(client, wire):
    with pytest.raises(Refused) as refused:
        client.reauthenticate(password="wrong")
    assert refused.value.code == "invalid_credentials"
    assert wire.paths == [AUTH + "reauthenticate/"]


def test_if_the_api_is_not_reached_then_a_log_out_forgets_the_tokens(client, wire, kept):
    def fail(request, response):
        raise requests.ConnectionError

    wire.after = fail
    with pytest.raises(requests.ConnectionError):
        client.log_out()
    assert kept == [None]


@pytest.mark.parametrize("url", ["https://attacker.example/", "//attacker.example/books/"])
def test_a_token_is_sent_to_no_other_host(client, wire, url):
    with pytest.raises(ValueError, match=r"attacker\.example"):
        client.get(url)
    assert wire.paths == []


def test_a_netrc_file_does_not_replace_the_token(client, wire, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login ann password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert client.get(SESSIONS).status_code == 200
    assert wire.authorizations == [f"Bearer {client._tokens['access']}"]
