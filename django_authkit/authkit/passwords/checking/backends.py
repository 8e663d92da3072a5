"""The one place that asks ``AUTHENTICATION_BACKENDS`` whether a password is right. No HTTP here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

from django.contrib.auth import authenticate, get_backends
from django.contrib.auth.backends import AllowAllUsersModelBackend, ModelBackend
from django.contrib.auth.hashers import is_password_usable
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import router
from django.http import HttpRequest

from authkit.core.identity.users import AuthUser
from authkit.passwords.checking.backend_outages import as_unavailable, failed_before_check
from authkit.passwords.checking.rehash import guard_rehash
from authkit.passwords.models import PasswordAttempts
from authkit.passwords.stored import has_local_password

#: Django's own, which compare the stored hash and nothing else.
STOCK = (ModelBackend, AllowAllUsersModelBackend)


def ask_backends(request: HttpRequest | None, username: str, password: str) -> AuthUser | None:
    """Return the user of a name and a password, as the primary database has them; None if refused.

    :raises HashingBusy: too many passwords are being hashed; nothing has been checked.
    """
    with guard_rehash(password):
        # "username" whatever USERNAME_FIELD is called, as Django's own log-in form does:
        # backends for LDAP, among others, know no other name.
        user = authenticate(request=request, username=username, password=password)
        return user and as_on_primary(user, password)


@contextmanager
def counted(attempt: PasswordAttempts, user: AuthUser | None = None) -> Iterator[None]:
    """Take a counted attempt back if a backend failed before it could compare the password.

    :param user: whose password it is, where the request is of a logged-in user. Django's own
        backends compare nothing where no password is stored.
    :raises ServiceUnavailable: the backend could not reach what it asks.
    """
    try:
        yield
    except Exception as error:
        asked = asked_backends()
        no_hash = user is not None and not has_local_password(user)
        comparing = [each for each in asked if not (no_hash and type(each) in STOCK)]
        if failed_before_check(error, comparing):
            attempt.take_back()
        outage = as_unavailable(error, asked)
        if outage is None:
            raise
        raise outage from error


def is_password(user: AuthUser, password: str) -> bool:
    """Say whether this is the password that is stored. A re-hash of it ends no session."""
    try:
        with guard_rehash(password):
            return user.check_password(password)
    except PermissionDenied:
        return False


def as_on_primary(user: AuthUser, password: str) -> AuthUser | None:
    """Return a user that a backend has authenticated, as the primary has them; None if it refuses.

    Backends read the user where the project's routers say. A replica that is late may still have
    the password before the last one, or a user who has been deactivated or deleted.
    """
    primary = router.db_for_write(type(user))
    if user._state.db in (primary, None):
        return user
    checked = user.password
    try:
        user.refresh_from_db(using=primary)
    except ObjectDoesNotExist:
        return None
    if user.password == checked or is_password(user, password):
        return user
    # Without a local password, e.g. with LDAP, the backend has asked elsewhere.
    is_local = has_local_password(user) or is_password_usable(checked)
    return None if is_local else user


def asked_backends() -> list[Any]:
    """Return the backends that Django asks for a user name and a password, in their order."""
    return [backend for backend in get_backends() if takes_passwords(backend)]


def takes_passwords(backend: Any) -> bool:
    """Say whether a backend can be given a user name and a password; Django skips the others."""
    try:
        signature(backend.authenticate).bind(None, username="", password="")
    except TypeError:
        return False
    return True


def asks_elsewhere() -> bool:
    """Say whether a backend may judge passwords that are not stored here, e.g. those of LDAP."""
    return any(type(backend) not in STOCK for backend in asked_backends())
