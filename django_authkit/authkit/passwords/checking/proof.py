"""Proof that a logged-in user knows the password. No HTTP here.

The backends of ``AUTHENTICATION_BACKENDS`` decide, as at the log-in: the password may be that of an
LDAP directory, of which no hash is stored here.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.core.http.client import present_request
from authkit.core.identity.users import AuthUser, email_of, username_of
from authkit.errors import AttemptsExceeded, SessionEnded
from authkit.passwords.checking.attempts import count_in_session
from authkit.passwords.checking.axes import take_lockout
from authkit.passwords.checking.backends import (
    ask_backends,
    asks_elsewhere,
    counted,
    is_password,
)
from authkit.passwords.checking.login_names import goes_by, takes_other_names
from authkit.passwords.stored import has_local_password
from authkit.sessions.models import Session


def has_password(user: AuthUser, session: Session) -> bool:
    """Say whether the user has a password: one that is stored here, or one of a directory.

    Whether a directory knows the user cannot be asked without the password. A session that began
    with one says it.
    """
    return has_local_password(user) or ("pwd" in session.amr and asks_elsewhere())


def may_have_password(user: AuthUser) -> bool:
    """Say whether a password of the user can be checked at all."""
    return has_local_password(user) or asks_elsewhere()


def try_password(user: AuthUser, session: Session, password: str) -> bool:
    """Say whether this is the password of a logged-in user; a wrong one is counted.

    :raises AttemptsExceeded: too many passwords were wrong in the window of this session; or
        django-axes has locked this client or account out.
    :raises AccountLocked: lockout after too many in a row in this session.
    :raises ServiceUnavailable: a backend could not ask what it depends on.
    :raises SessionEnded: the password is another one than when the session was authenticated.
    """
    attempt = count_in_session(user, session)
    with counted(attempt, user):
        found = _found(user, password)
    if found is None:
        _raise_lockout()
        return False
    attempt.forgive()
    # A re-hash of the same password ends no session; a new password has ended this one.
    if found.password != user.password and not is_password(user, password):
        raise SessionEnded
    return True


def _found(user: AuthUser, password: str) -> AuthUser | None:
    """Return the user as a backend has found them; None if none has, or another account."""
    for name in _names(user, password):
        found = ask_backends(present_request.get(), name, password)
        # Account takeover: the name may lead a backend to another account, whose password this is.
        if found is not None and found.pk == user.pk and found.is_active:
            return found
    return None


def _names(user: AuthUser, password: str) -> Iterator[str]:
    """Yield the names by which the backends may know the user.

    The second is for backends that take e-mail addresses alone. It is left out where it cannot
    help: a directory, or django-axes, counts each wrong password that it is asked about.
    """
    yield username_of(user)
    email = email_of(user)
    if not email or email == username_of(user) or not takes_other_names():
        return
    if is_password(user, password) if has_local_password(user) else goes_by(user, email):
        yield email


def _raise_lockout() -> None:
    request = present_request.get()
    wait = None if request is None else take_lockout(request)
    if wait is not None:
        raise AttemptsExceeded(wait)
