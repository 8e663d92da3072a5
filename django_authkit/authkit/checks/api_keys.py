"""E012, W012 to W014: scopes that are not enforced, and insecure uses of API keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error
from rest_framework.permissions import OperandHolder, SingleOperandHolder
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from authkit.api_keys.permissions import HasScope
from authkit.api_keys.scopes import declared_scopes
from authkit.api_keys.using.authentication import APIKeyAuthentication
from authkit.checks.project.routes import RoutedView, path_of, routed_views
from authkit.conf import Settings, conf
from authkit.conf.values import is_scope


def check_scopes(**kwargs: Any) -> list[CheckMessage]:
    """Return one error for each scope that a view requires and no key can hold."""
    configured: object = conf.user_settings
    if not isinstance(configured, Mapping) or not Settings.SCOPES.is_right(conf.SCOPES):
        return []  # check_settings reports it
    return [*_undeclared_scopes(_api_views())]


def check_api_keys(**kwargs: Any) -> list[CheckMessage]:
    """Return one warning for each insecure use of API keys."""
    views = _api_views()
    return [
        *_keys_in_urls(views),
        *_unenforced_scopes(views),
        *_views_without_scopes(views),
    ]


def _api_views() -> list[RoutedView]:
    return [view for view in routed_views() if issubclass(view.cls, APIView)]


def _undeclared_scopes(views: list[RoutedView]) -> Iterator[CheckMessage]:
    for view in views:
        undeclared = set(_scopes_required_by(view)) - set(declared_scopes())
        for scope in sorted(undeclared, key=str):
            reason, hint = _undeclared(scope) if is_scope(scope) else _malformed(scope)
            text = (
                f"'{view.route}' requires the scope {scope!r}, which {reason}: no key can hold it."
            )
            yield Error(text, hint=hint, id="authkit.E012")


def _undeclared(scope: str) -> tuple[str, str]:
    hint = f'Write AUTHKIT = {{"SCOPES": {{"{scope}": "what it allows"}}}}.'
    return "AUTHKIT['SCOPES'] does not declare", hint


def _malformed(scope: object) -> tuple[str, str]:
    return "is malformed (RFC 6749 section 3.3)", (
        "Write each scope as a string of its own, of at most 100 printable ASCII characters "
        'without spaces, quotes and backslashes: "books:read", "books:write".'
    )


def _scopes_required_by(view: RoutedView) -> Iterator[str]:
    permissions = list(_scope_permissions(view))
    for permission in permissions:
        yield from getattr(permission, "scopes", ())  # a class without a call has none
    if permissions:  # without HasScope, the attribute is for a permission of another package
        required = view.attribute("required_scopes") or ()
        for scopes in required.values() if isinstance(required, Mapping) else [required]:
            yield from [scopes] if isinstance(scopes, str) else scopes


def _keys_in_urls(views: list[RoutedView]) -> Iterator[CheckMessage]:
    defaults: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    used = {*defaults, *(one for view in views for one in _authenticators(view))}
    for one in sorted(used, key=repr):
        if issubclass(one, APIKeyAuthentication) and one.query_parameter:
            yield checks.Warning(
                f"{path_of(one)} reads API keys from the query parameter "
                f"'{one.query_parameter}': URLs are kept in the logs of servers and proxies, in "
                "browser histories, and in the Referer header.",
                hint=(
                    "Read keys from a header. Where that is impossible, give those keys few "
                    "scopes, an expiry and a list of networks, and keep the parameter out of logs."
                ),
                id="authkit.W012",
            )


def _unenforced_scopes(views: list[RoutedView]) -> Iterator[CheckMessage]:
    for view in views:
        if view.attribute("required_scopes") and not _is_scoped(view) and _is_static(view):
            yield checks.Warning(
                f"{_named(view)} has required_scopes, and no permission that enforces them: "
                "every key is accepted.",
                hint="Add authkit.permissions.HasScope to its permission_classes.",
                id="authkit.W013",
            )


def _views_without_scopes(views: list[RoutedView]) -> Iterator[CheckMessage]:
    if not conf.SCOPES:
        return
    unscoped = [
        _named(view)
        for view in views
        if _accepts_keys(view) and not _is_scoped(view) and _is_static(view) and not _is_ours(view)
    ]
    if unscoped:
        more = f" and {len(unscoped) - 5} more" if len(unscoped) > 5 else ""
        yield checks.Warning(
            f"API keys are accepted and no scope is required by {', '.join(unscoped[:5])}{more}: "
            "there, a key can do what its owner can, whatever its scopes.",
            hint=(
                "Add authkit.permissions.HasScope to permission_classes, or leave "
                "APIKeyAuthentication out of authentication_classes."
            ),
            id="authkit.W014",
        )


def _named(view: RoutedView) -> str:
    return f"'{view.route}' ({view.path})"


def _authenticators(view: RoutedView) -> list[type]:
    named = view.attribute("authentication_classes") or ()
    return [one for one in named if isinstance(one, type)]


def _accepts_keys(view: RoutedView) -> bool:
    return any(issubclass(one, APIKeyAuthentication) for one in _authenticators(view))


def _is_static(view: RoutedView) -> bool:
    """Say whether the permissions that the class declares are those that it enforces."""
    is_stock = view.cls.get_permissions is APIView.get_permissions
    return is_stock and view.attribute("permission_classes") is not None


def _is_ours(view: RoutedView) -> bool:
    """Say whether a view is of authkit: a ticket of a key opens no more than the key."""
    return str(view.cls.__module__).startswith("authkit.")


def _is_scoped(view: RoutedView) -> bool:
    return any(True for _ in _scope_permissions(view))


def _scope_permissions(view: RoutedView) -> Iterator[Any]:
    """Yield ``HasScope``, as a class or an instance, at any depth of combined permissions."""
    yield from _scope_permissions_among(view.attribute("permission_classes") or ())


def _scope_permissions_among(permissions: Iterable[Any]) -> Iterator[Any]:
    for one in permissions:
        if isinstance(one, OperandHolder):
            yield from _scope_permissions_among([one.op1_class, one.op2_class])
        elif isinstance(one, SingleOperandHolder):
            yield from _scope_permissions_among([one.op1_class])
        elif isinstance(one, HasScope) or (isinstance(one, type) and issubclass(one, HasScope)):
            yield one
