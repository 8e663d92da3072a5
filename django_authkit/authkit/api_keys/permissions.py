from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rest_framework.permissions import AND, NOT, OR, BasePermission, OperationHolderMixin
from rest_framework.request import Request

from authkit.api_keys.models import APIKey
from authkit.api_keys.scopes import missing_scopes
from authkit.core.event_kinds import Facts
from authkit.core.http.client import client_of
from authkit.core.http.header_credentials import is_key
from authkit.errors import InsufficientScope
from authkit.events.flows import record


class HasScope(OperationHolderMixin, BasePermission):
    """``HasScope("books:read")``: for users who are logged in, and keys that hold the scopes.

    Without arguments, ``required_scopes`` of the view names them: a list, or a dict of lists by
    action (by lower-case method where there are no actions). Where no scope is named, no key is
    accepted (fail closed). Sessions pass: other permissions decide what a user may do. A key
    that does not hold all of them is answered 403 ``insufficient_scope``, with a challenge that
    names them (RFC 6750 section 3.1).
    """

    refuses = (InsufficientScope,)
    message = InsufficientScope.default_detail
    code = InsufficientScope.default_code

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    def __call__(self) -> HasScope:
        return self  # REST framework calls each member of permission_classes

    def has_permission(self, request: Request, view: Any) -> bool:
        user: Any = request.user
        if not (user and user.is_authenticated):
            return False
        if not is_key(request):
            return True
        required = tuple(self.scopes or scopes_required_by(view, request))
        missing = missing_scopes(request.auth, required)
        if required and not missing:
            return True
        if missing:
            _record_missing(request, missing)
        if self._is_decisive(view):
            raise InsufficientScope(required)
        return False

    def _is_decisive(self, view: Any) -> bool:
        """Say whether no alternative can admit a key that this permission refuses.

        Where one can, before a ``|``, below a ``~`` or in the ``has_permission`` of a subclass, an
        exception would keep it from being asked.
        """
        if type(self).has_permission is not HasScope.has_permission:
            return False
        permissions = view.get_permissions() if hasattr(view, "get_permissions") else ()
        places = [decisive for one in permissions for decisive in self._places_in(one)]
        return bool(places) and all(places)

    def _places_in(self, permission: Any, *, decisive: bool = True) -> Iterator[bool]:
        """Yield whether this permission is decisive, for each of its places in another."""
        kind: Any = type(permission)
        if kind in (AND, OR, NOT):
            yield from self._places_in(permission.op1, decisive=decisive and kind is AND)
        if kind in (AND, OR):
            yield from self._places_in(permission.op2, decisive=decisive)
        if kind is type(self) and permission.scopes == self.scopes:
            yield decisive  # of a class, a view makes a new instance each time


class IsServiceKey(BasePermission):
    """Only for API keys without an owner."""

    refuses = (InsufficientScope,)

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, APIKey):
            return False
        if request.auth.owner_id is not None:
            required = tuple(scopes_required_by(view, request))
            _record_missing(request, required)
            raise InsufficientScope(required)
        return True


def _record_missing(request: Request, missing: Iterable[str]) -> None:
    """Record the scopes that a key lacks, whatever other permissions say (ASVS 5.0, 16.3.2)."""
    key: Any = request.auth
    facts: Facts = {"scopes": sorted(missing)}
    if isinstance(key, APIKey):  # in tables of djangorestframework-api-key, it contains the hash
        facts["api_key"] = key.pk
    owner = getattr(key, "owner_id", None)
    record("scope_missing", client=client_of(request._request), user=owner, **facts)


def scopes_required_by(view: Any, request: Request) -> Iterable[str]:
    required = getattr(view, "required_scopes", None) or ()
    if isinstance(required, Mapping):
        action = getattr(view, "action", None) or str(request.method).lower()
        if action == "head" and action not in required:
            action = "get"  # the handler that answers HEAD
        required = required.get(action, ())
    return [required] if isinstance(required, str) else required
