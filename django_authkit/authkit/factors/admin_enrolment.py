"""The enrolment of users who log in to the admin site and must have a second factor.

Between the password and the first code, the browser holds an enrolment and is not logged in: the
cookie session names the user under a key that nothing else reads, so every other view sees an
anonymous user. The enrolment ends with its set-up: confirmed, replaced by a later one, or too old.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model, load_backend, login
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from authkit.core import factors
from authkit.core.http.client import client_of
from authkit.core.identity.users import AuthUser
from authkit.errors import SessionEnded
from authkit.events.flows import record
from authkit.factors.totp.factor import TOTP
from authkit.factors.totp.flows import Setup, confirm, set_up, waiting_setup
from authkit.factors.totp.models import confirmed_device
from authkit.passwords.checking.attempts import note_log_in
from authkit.sessions.models import accepted_fingerprints, password_fingerprint

#: The key of the cookie session.
KEY = "authkit_enrolment"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A user whose password was right, and the set-up that was begun then."""

    user: AuthUser
    setup: Setup


def is_possible() -> bool:
    """Say whether the project has authenticator apps; it can unregister them."""
    return any(isinstance(factor, TOTP) for factor in factors.registered())


def begin(request: HttpRequest, user: AuthUser) -> None:
    """Begin a set-up for a user whose password this request has proved, and hold it.

    :raises APIException: the user has just turned a factor on.
    """
    setup = set_up(user, recent=True)
    _renew_cookie_session(request, user)
    request.session[KEY] = {
        "user": user._meta.pk.value_to_string(user),
        "backend": user.backend,  # set by authenticate()
        "fingerprint": password_fingerprint(user),
        "setup": str(setup.id),
    }


def under_way(request: HttpRequest) -> Enrolment:
    """Return the enrolment that the browser holds.

    :raises SessionEnded: it holds none; or the account, or its password, has changed since.
    :raises NothingToConfirm: the set-up has lapsed, or was replaced or confirmed since.
    :raises SecondFactorUnavailable: its secret cannot be read.
    """
    held = request.session.get(KEY)
    user = None if held is None else _user(held)
    if held is None or user is None:
        raise SessionEnded
    return Enrolment(user, waiting_setup(user, UUID(held["setup"])))


def complete(request: HttpRequest, enrolment: Enrolment, code: str) -> list[str]:
    """Turn the factor on with its first code and log in; return the recovery codes, this once.

    Raises as :func:`authkit.factors.totp.flows.confirm`.
    """
    user = enrolment.user
    codes = confirm(user, None, code, setup_id=enrolment.setup.id)
    backend = request.session.pop(KEY)["backend"]
    # What django-otp's own form sets: its middleware then knows the session is verified.
    user.otp_device = confirmed_device(user)  # type: ignore[attr-defined]  # its own
    note_log_in(user, client_of(request))
    login(request, user, backend=backend)
    record("session_started", user=user.pk, amr=["pwd", *TOTP.amr])
    return codes


def _user(held: dict[str, Any]) -> AuthUser | None:
    """Return the user of an enrolment if they could still log in with the password they typed."""
    if held["backend"] not in settings.AUTHENTICATION_BACKENDS:
        return None
    key = get_user_model()._meta.pk.to_python(held["user"])
    user: Any = load_backend(held["backend"]).get_user(key)
    if user is None or not (user.is_active and user.is_staff):
        return None
    unchanged = any(
        constant_time_compare(held["fingerprint"], fingerprint)
        for fingerprint in accepted_fingerprints(user)
    )
    return user if unchanged else None


def _renew_cookie_session(request: HttpRequest, user: AuthUser) -> None:
    """Give the browser a new session key (session fixation), as Django's ``login()`` does."""
    held = request.session.get(SESSION_KEY)
    if held is not None and held != user._meta.pk.value_to_string(user):
        request.session.flush()
    else:
        request.session.cycle_key()
