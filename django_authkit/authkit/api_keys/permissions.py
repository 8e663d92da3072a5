from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from rest_framework.permissions import OperationHolderMixin
from rest_framework.request import Request

from authkit.api_keys.models import APIKey
from authkit.api_keys.scopes import missing_scopes
from authkit.core.event_kinds import Facts
from authkit.core.http.client import client_of
from authkit.core.http.header_credentials import is_key
from authkit.core.http.permissions import ExplainingPermission
from authkit.errors import InsufficientScope
from authkit.events.flows import record


class HasScope(OperationHolderMixin, ExplainingPermission):
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
        return self.refuse(
            request, InsufficientScope(required), partial(_record_missing, request, missing)
        )


class IsServiceKey(ExplainingPermission):
    """Only for API keys without an owner."""

    refuses = (InsufficientScope,)

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, APIKey):
            return False
        if request.auth.owner_id is None:
            return True
        required = tuple(scopes_required_by(view, request))
        return self.refuse(
            request, InsufficientScope(required), partial(_record_missing, request, required)
        )


def _record_missing(request: Request, missing: Iterable[str]) -> None:
    """Record the scopes for whose lack a key was refused (ASVS 5.0, 16.3.2)."""
    if not missing:
        return  # no key opens the operation, whatever it holds
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
