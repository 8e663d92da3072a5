"""The permissions of REST framework views, for other views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from authkit.errors import Forbidden
from authkit.principals.principal import Principal


def require(request: HttpRequest, principal: Principal, *permissions: Any) -> None:
    """Return if all permissions admit a request of Django, which stays as it is.

    :param permissions: as in ``permission_classes``. Those that ask about the view, such as for its
        queryset, or about the body have none to ask.
    :raises Forbidden: one does not, and does not say why.
    :raises AuthkitError: it says why, with the challenge and the security event of other views.
    """
    asked = Asked(request, principal)
    view = _View([permission() for permission in permissions])
    for permission in view.permissions:
        if not permission.has_permission(asked, view):
            raise Forbidden(getattr(permission, "message", None), getattr(permission, "code", None))


async def arequire(request: HttpRequest, principal: Principal, *permissions: Any) -> None:
    """Do what :func:`require` does, in an async view: in the thread of Django's ORM."""
    await sync_to_async(require)(request, principal, *permissions)


class Asked:
    """A request of Django as a permission sees it, which expects one of REST framework.

    Not one of those: they write user and auth into the request of Django, where others keep theirs.
    """

    def __init__(self, request: HttpRequest, principal: Principal) -> None:
        self._request = request
        self.query_params = request.GET
        self.user = principal.user
        self.auth = principal.auth
        self.successful_authenticator = _Authenticator(holds_scopes=principal.scopes is not None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


@dataclass(frozen=True)
class _Authenticator:
    holds_scopes: bool


@dataclass(frozen=True)
class _View:
    """As much of a view as a permission that says why it refuses looks at."""

    permissions: list[Any]

    def get_permissions(self) -> list[Any]:
        return self.permissions
