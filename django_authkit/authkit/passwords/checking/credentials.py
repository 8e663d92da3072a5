"""User name and password: the one check behind every log-in of authkit. No HTTP answers here."""

from __future__ import annotations

from django.http import HttpRequest

from authkit.core.http.client import client_of
from authkit.core.identity.users import AuthUser
from authkit.errors import AttemptsExceeded, InvalidCredentials
from authkit.events.flows import record
from authkit.passwords.checking.attempts import accept_name, count_log_in
from authkit.passwords.checking.axes import take_lockout
from authkit.passwords.checking.backends import ask_backends, counted
from authkit.passwords.checking.login_names import by_login_fields


def check_credentials(request: HttpRequest, username: str, password: str) -> AuthUser:
    """Return the active user of a name and a password, through every configured backend.

    The attempt is counted before it is checked, whichever log-in asks: one budget against brute
    force for the API and the admin site together. A caller that completes the log-in calls
    :func:`authkit.passwords.checking.attempts.note_log_in`.

    :raises InvalidCredentials: every backend refused them. One answer for every reason prevents
        user enumeration.
    :raises AttemptsExceeded: too many were wrong for this name from this network; or
        django-axes has locked this client or account out.
    :raises AccountLocked: too many in a row were wrong.
    :raises ServiceUnavailable: a backend could not reach what it asks.
    """
    client = client_of(request)
    username = by_login_fields(username)
    attempt = count_log_in(username, client)
    with counted(attempt):
        user = ask_backends(request, username, password)
    if user is None:
        record("login_failed", client=client, username=username)
        raise _refusal(request)
    if not user.is_active:
        record("login_failed", client=client, username=username)
        raise InvalidCredentials
    accept_name(username, user, attempt)
    return user


def _refusal(request: HttpRequest) -> InvalidCredentials | AttemptsExceeded:
    wait = take_lockout(request)
    return InvalidCredentials() if wait is None else AttemptsExceeded(wait)
