"""Whole answers of the auth endpoints, as their users read them."""

CHALLENGE = 'Bearer realm="api"'
TOKEN_CHALLENGE = 'Bearer realm="api", error="invalid_token"'

TOKEN_INVALID = {"detail": "The token is not valid or has expired.", "code": "token_invalid"}
TOKEN_EXPIRED = {"detail": "The access token has expired.", "code": "token_expired"}
SESSION_ENDED = {"detail": "The session has ended. Log in again.", "code": "session_ended"}
TOKEN_REUSED = {
    "detail": "The refresh token has already been used. The session has been ended for "
    "security reasons.",
    "code": "token_reused",
}
INVALID_CREDENTIALS = {"detail": "These credentials are not valid.", "code": "invalid_credentials"}
NOT_AUTHENTICATED = {
    "detail": "Authentication credentials were not provided.",
    "code": "not_authenticated",
}
NOT_FOUND = {"detail": "Not found.", "code": "not_found"}
TOO_MANY_ATTEMPTS = {
    "detail": "Too many failed attempts. Try again later.",
    "code": "too_many_attempts",
}


def assert_refused(response, body, *, status=401, challenge=TOKEN_CHALLENGE):
    assert (response.status_code, response.json()) == (status, body)
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert response.get("WWW-Authenticate") == challenge


def assert_token_invalid(response):
    assert_refused(response, TOKEN_INVALID)


def assert_token_expired(response):
    described = f'{TOKEN_CHALLENGE}, error_description="The access token expired"'
    assert_refused(response, TOKEN_EXPIRED, challenge=described)


def assert_session_ended(response):
    described = f'{TOKEN_CHALLENGE}, error_description="The session has ended"'
    assert_refused(response, SESSION_ENDED, challenge=described)


def assert_session_is_dead(client, pair):
    """Both tokens are refused, at their place of use and by verify."""
    assert_session_ended(client.sessions(pair["access"]))
    assert_session_ended(client.refresh(pair["refresh"]))
    assert_session_ended(client.verify(pair["access"]))
    assert_session_ended(client.verify(pair["refresh"]))


def assert_session_lives(client, pair):
    """Both tokens would be accepted; nothing is spent."""
    assert client.sessions(pair["access"]).status_code == 200
    assert client.verify(pair["access"]).status_code == 200
    assert client.verify(pair["refresh"]).status_code == 200
