"""User name and password: the one check behind every log-in of authkit. No HTTP answers here."""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.http import HttpRequest

from authkit.core.http.client import client_of
from authkit.core.identity.users import AuthUser
from authkit.errors import AttemptsExceeded, InvalidCredentials
from authkit.events.flows import record
from authkit.passwords.checking.attempts import accept_name, count_log_in
from authkit.passwords.checking.axes import take_lockout
from authkit.passwords.checking.backend_outages import failed_before_check
from authkit.passwords.checking.login_names import by_login_fields
from authkit.passwords.checking.proof import as_on_primary
from authkit.passwords.checking.rehash import guard_rehash


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
    """
    client = client_of(request)
    username = by_login_fields(username)
    attempt = count_log_in(username, client)
    try:
        with guard_rehash(password):
            # "username" whatever USERNAME_FIELD is called, as Django's own log-in form does:
            # backends for LDAP, among others, know no other name.
            user = authenticate(request=request, username=username, password=password)
            user = user and as_on_primary(user, password)
    except Exception as error:
        if failed_before_check(error):
            attempt.take_back()
        raise
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
