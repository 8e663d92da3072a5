from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission, OperationHolderMixin
from rest_framework.request import Request

from authkit.api_keys.models import APIKey
from authkit.api_keys.scopes import missing_scopes
from authkit.core.event_kinds import Facts
from authkit.core.http.client import client_of
from authkit.core.http.header_credentials import is_key
from authkit.events.flows import record


class InsufficientScope(PermissionDenied):
    default_detail = _("The API key lacks the required scope.")
    default_code = "insufficient_scope"


class HasScope(OperationHolderMixin, BasePermission):
    """``HasScope("books:read")``: for users who are logged in, and keys that hold the scopes.

    Without arguments, ``required_scopes`` of the view names them: a list, or a dict of lists by
    action (by lower-case method where there are no actions). Where no scope is named, no key is
    accepted (fail closed). Sessions pass: other permissions decide what a user may do. A key
    that does not hold all of them is answered 403 ``insufficient_scope`` (RFC 6750 section 3.1).
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
        required = self.scopes or scopes_required_by(view, request)
        missing = missing_scopes(request.auth, required)
        if missing:
            _record_missing(request, missing)
        return bool(required) and not missing


class IsServiceKey(BasePermission):
    """Only for API keys without an owner."""

    refuses = (InsufficientScope,)
    message = InsufficientScope.default_detail
    code = InsufficientScope.default_code

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, APIKey):
            return False
        if request.auth.owner_id is not None:
            _record_missing(request, scopes_required_by(view, request))
        return request.auth.owner_id is None


def _record_missing(request: Request, missing: Iterable[str]) -> None:
    """Record the scopes that a key lacks, whatever other permissions say (ASVS 5.0, 16.3.2)."""
    key: Any = request.auth
    facts: Facts = {"scopes": sorted(missing)}
    if isinstance(key, APIKey):  # in tables of djangorestframework-api-key, it contains the hash
        facts["api_key"] = key.pk
    owner = getattr(key, "owner_id", None)
    record("scope_missing", client=client_of(request._request), user=owner, **facts)


def scopes_required_by(view: Any, request: Request) -> Iterable[str]:
    required = getattr(view, "required_scopes", ())
    if isinstance(required, Mapping):
        action = getattr(view, "action", None) or str(request.method).lower()
        if action == "head" and action not in required:
            action = "get"  # the handler that answers HEAD
        required = required.get(action, ())
    return [required] if isinstance(required, str) else required
