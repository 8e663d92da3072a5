"""The base of views for the owner of an account: the session of a request, and its user."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from authkit.core.http.views import AuthkitView
from authkit.core.identity.users import AuthUser
from authkit.sessions.access.authentication import JWTAuthentication
from authkit.sessions.access.bearer import AccessToken
from authkit.sessions.models import Session
from authkit.sessions.validate import is_recent


class OwnerView(AuthkitView):
    """For the holder of a live session; API keys are not accepted."""

    refuses = (*AuthkitView.refuses, NotAuthenticated)
    credentials = (AccessToken,)
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]


def current_user(request: Request) -> AuthUser:
    user: Any = request.user
    return cast(AuthUser, user)


def current_session(request: Request) -> Session:
    token: Any = request.auth
    return cast(AccessToken, token).session


def is_recently_authenticated(request: Request) -> bool:
    """Say what the permission ``RecentlyAuthenticated`` says of a request."""
    token: Any = request.auth
    return is_recent(cast(AccessToken, token).claims)


def uuid_or_404(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise NotFound from None
