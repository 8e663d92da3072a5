"""The answers of REST framework's own permissions, which are known without running a view."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework import exceptions
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.probe.decision import Offer
from authkit.schema.sandbox.answers import Answer, Caller
from authkit.schema.views.code.framework_code import is_framework_code
from authkit.schema.views.permission_tree import is_decided_by_its_key, leaves, with_keys

#: Permissions that look at the method and the user, and at nothing else.
PERMISSIONS = frozenset(
    {
        "rest_framework.permissions.AllowAny",
        "rest_framework.permissions.IsAdminUser",
        "rest_framework.permissions.IsAuthenticated",
        "rest_framework.permissions.IsAuthenticatedOrReadOnly",
    }
)

#: Authenticators that leave a request without a credential anonymous, and have no side effects.
AUTHENTICATORS = frozenset(
    {
        "authkit.api_keys.using.authentication.APIKeyAuthentication",
        "authkit.api_keys.using.bearer.BearerAuthentication",
        "authkit.sessions.access.authentication.JWTAuthentication",
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.BasicAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication",
    }
)

#: With it a session that has ended is none.
SESSION = frozenset({"rest_framework.authentication.SessionAuthentication"})

#: What a view must not have changed, if its gate is to be known.
GATE = (
    "check_permissions",
    "get_authenticate_header",
    "get_authenticators",
    "handle_exception",
    "initial",
    "initialize_request",
    "perform_authentication",
    "permission_denied",
)


@dataclass
class BuiltinRequest:
    """As much of a request as the permissions above look at."""

    method: str
    user: Any
    authenticators: tuple[Any, ...]
    successful_authenticator: Any = None
    META: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BuiltinGate:
    """A gate in which nothing but REST framework's own code stands. Runs no code of the view."""

    view: APIView
    method: str
    authenticators: tuple[Any, ...]
    permissions: tuple[Any, ...]

    def answer(self, caller: Caller) -> Answer:
        anonymous: Any = api_settings.UNAUTHENTICATED_USER
        user = caller.user or (anonymous() if anonymous else None)
        request: Any = BuiltinRequest(
            self.method, user, self.authenticators, caller.user and caller.authenticator
        )
        for permission in self.permissions:
            if not with_keys(permission, caller.keys).has_permission(request, self.view):
                return Answer.of_status(self.refusal(request))
        return Answer.of_status(None)

    def refusal(self, request: Any) -> int:
        if not self.authenticators or request.successful_authenticator:
            return exceptions.PermissionDenied.status_code
        # REST framework can only answer 401 with a WWW-Authenticate header to go with it.
        if self.authenticators[0].authenticate_header(request):
            return exceptions.NotAuthenticated.status_code
        return exceptions.PermissionDenied.status_code


def builtin_gate(view: APIView, method: str, offered: Offer) -> BuiltinGate | None:
    """Return the gate if all of it is REST framework's own, else None."""
    anonymous: Any = api_settings.UNAUTHENTICATED_USER
    kinds: list[Any] = [type(one) for one in offered.authenticators]
    of_view: Any = type(view)
    is_builtin = (
        anonymous in (AnonymousUser, None)
        and is_builtin_view(of_view)
        and all(_is_known_authenticator(kind) for kind in kinds)
        and all(_is_known_permission(leaf) for one in offered.permissions for leaf in leaves(one))
    )
    return (
        BuiltinGate(view, method, offered.authenticators, offered.permissions)
        if is_builtin
        else None
    )


@cache
def is_builtin_view(view: Any) -> bool:
    """Tell whether a class of views has changed nothing that its gate is made of."""
    return all(is_framework_code(getattr(view, name)) for name in GATE)


def _is_known_permission(permission: Any) -> bool:
    kind: Any = type(permission)
    return _inherits_all_code(kind, PERMISSIONS) or is_decided_by_its_key(permission)


def _is_known_authenticator(authenticator: Any) -> bool:
    return _inherits_all_code(authenticator, AUTHENTICATORS)


def refuses_bad_credentials(authenticator: Any) -> bool:
    """Tell whether the authenticator is known to refuse a credential that is not valid."""
    kind: Any = type(authenticator)
    return _inherits_all_code(kind, AUTHENTICATORS - SESSION)


@cache
def _inherits_all_code(kind: Any, known: frozenset[str]) -> bool:
    """Tell whether *kind* is one of the *known*, or one with another message, realm or the like."""
    ancestor = next((base for base in kind.__mro__ if dotted(base) in known), None)
    if ancestor is None:
        return False
    others = (base for base in kind.__mro__ if base not in ancestor.__mro__)
    return not any(_is_code(*named) for base in others for named in vars(base).items())


def _is_code(name: str, value: Any) -> bool:
    # Every class has these two.
    return name not in ("__dict__", "__weakref__") and hasattr(value, "__get__")
