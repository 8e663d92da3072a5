from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission, OperationHolderMixin
from rest_framework.request import Request

from authkit.api_keys.scopes import missing_scopes
from authkit.core.http.header_credentials import is_key


class HasScope(OperationHolderMixin, BasePermission):
    """``HasScope("books:read")``: for whoever is logged in, and keys that hold the scopes.

    Without arguments the view says what it wants: ``required_scopes``, a list, or a dict of
    lists by action (by lower-case method where there are no actions). An action that the dict
    leaves out, and a view that says nothing, take no key. Sessions pass: what a user may do
    is for other permissions. A key with too little is answered 403 ``insufficient_scope``.
    """

    message = _("The API key lacks the required scope.")
    code = "insufficient_scope"

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    def __call__(self) -> HasScope:
        return self  # permission_classes holds what is called to give a permission

    def has_permission(self, request: Request, view: Any) -> bool:
        user: Any = request.user
        if not (user and user.is_authenticated):
            return False
        if not is_key(request):
            return True
        required = self.scopes or scopes_wanted_by(view, request)
        return bool(required) and not missing_scopes(request.auth, required)


def scopes_wanted_by(view: Any, request: Request) -> Iterable[str]:
    wanted = getattr(view, "required_scopes", ())
    if isinstance(wanted, Mapping):
        action = getattr(view, "action", None) or str(request.method).lower()
        if action == "head" and action not in wanted:
            action = "get"  # which is what answers it
        wanted = wanted.get(action, ())
    return [wanted] if isinstance(wanted, str) else wanted
