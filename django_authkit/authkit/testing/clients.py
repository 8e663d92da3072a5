"""Clients of the REST framework's tests that hold a real credential."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.test import RequestFactory
from rest_framework.test import APIClient

from authkit.api_keys.models import APIKey
from authkit.core import clock
from authkit.core.factors import has_second_factor
from authkit.core.http.client import client_of
from authkit.core.identity.users import AuthUser
from authkit.login.flows import SecondFactorRequired, complete_login
from authkit.sessions import tokens
from authkit.sessions.ending.revoke import end
from authkit.sessions.issue import TokenPair, fresh_access, token_pair
from authkit.sessions.models import Session
from authkit.sessions.rotate import refresh_session
from authkit.sessions.validate import session_of_access_token

#: More than a leeway or the skew of clocks.
LONG_AGO = timedelta(days=1)


class SessionClient(APIClient):
    """A client that sends the access token of a session with each request."""

    access: str
    refresh: str

    def __init__(self, pair: TokenPair, **defaults: Any) -> None:
        super().__init__(**defaults)
        self.session_id = session_of_access_token(pair.access)[0].pk
        self._hold(pair)

    @property
    def auth_session(self) -> Session:
        """The row of the session, as it is now. (``session`` is that of Django's client.)"""
        return Session.objects.select_related("user").get(pk=self.session_id)

    def rotate(self) -> None:
        """Do what a client does with its refresh token, and hold the new pair.

        :raises TokenInvalid: the refresh token is no longer valid; also SessionEnded, TokenReused.
        """
        self._hold(refresh_session(self.refresh, client_of(_request())))

    def expire_access_token(self) -> None:
        """Hold an access token that has expired; :meth:`rotate` gives a new one."""
        session = copy.copy(self.auth_session)
        session.last_used_at = clock.now() - tokens.access_lifetime() - LONG_AGO
        self._send(tokens.access_token(session))

    def reauthenticate(self) -> None:
        """Hold an access token as ``reauthenticate/`` gives it: the user has just authenticated."""
        self._send(fresh_access(self.auth_session).access)

    def expire_session(self) -> None:
        """Let the session run out, as one that was not used for too long."""
        self._change(idle_expires_at=clock.now() - LONG_AGO)

    def end_session(self) -> None:
        """End the session, as a log-out does."""
        end(self.auth_session, "ended_by_user")

    def age_authentication(self, age: timedelta) -> None:
        """Let the user have authenticated so long ago (step-up authentication)."""
        self._change(authenticated_at=clock.now() - age)
        self._hold(token_pair(self.auth_session))

    def _change(self, **columns: Any) -> None:
        Session.objects.filter(pk=self.session_id).update(**columns)

    def _hold(self, pair: TokenPair) -> None:
        self.refresh = pair.refresh
        self._send(pair.access)

    def _send(self, access: str) -> None:
        self.access = access
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")


class KeyClient(APIClient):
    """A client that sends an API key with each request; ``key`` is its text."""

    def __init__(self, api_key: APIKey, key: str, header: str, **defaults: Any) -> None:
        super().__init__(**defaults)
        self.api_key, self.key = api_key, key
        self.credentials(**{f"HTTP_{header.upper().replace('-', '_')}": key})

    def expire_key(self) -> None:
        """Let the key have expired."""
        self.api_key.expiry_date = clock.now() - LONG_AGO
        self.api_key.save(update_fields=["expiry_date"])

    def revoke_key(self) -> None:
        APIKey.objects.filter(pk=self.api_key.pk).revoke()


def client_for(
    user: AuthUser, *, second_factor: bool | None = None, **defaults: Any
) -> SessionClient:
    """Return a client that is logged in as a user, with a session of its own.

    :param second_factor: whether the session has passed a second factor; by default, it has where
        the user has one. The user needs none for it.
    :param defaults: of each request, as those of Django's test client.
    :raises InvalidCredentials: the user is not active, or not stored.
    :raises ValueError: the user has a second factor, and the session is to be without.
    """
    passed = has_second_factor(user) if second_factor is None else second_factor
    methods = ["pwd", "otp", "mfa"] if passed else ["pwd"]
    outcome = complete_login(_request(), user, methods=methods)
    if isinstance(outcome, SecondFactorRequired):
        raise ValueError("The user has a second factor: no session is without it.")
    return SessionClient(outcome, **defaults)


def key_client(
    *scopes: str, owner: AuthUser | None = None, header: str = "X-API-Key", **fields: Any
) -> KeyClient:
    """Return a client with a new API key that holds the scopes.

    :param owner: whose key it is; without one, it is a service key.
    :param header: the header of the authenticator, where a project's own subclass has another.
    :param fields: of :class:`authkit.models.APIKey`, e.g. ``allowed_networks``.
    :raises ValidationError: a scope is not declared, or a field has no valid value.
    """
    described = {"name": "test", **fields}
    api_key, key = APIKey.objects.create_key(owner=owner, scopes=scopes, **described)
    return KeyClient(api_key, key, header)


def _request() -> HttpRequest:
    return RequestFactory().post("/")
