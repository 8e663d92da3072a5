"""W023, W025: tokens and keys that no view of the project accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage
from rest_framework.permissions import AllowAny
from rest_framework.settings import api_settings

from authkit import views as endpoints
from authkit.api_keys.using.bearer import BearerAuthentication
from authkit.checks.project.routes import RoutedView, routed_views
from authkit.core.http.header_credentials import HeaderCredentialAuthentication
from authkit.login.views import TokenObtainView
from authkit.sessions.access.authentication import JWTAuthentication

SETTINGS = """REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["authkit.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}"""


def check_authenticators(**kwargs: Any) -> list[CheckMessage]:
    views = list(routed_views())
    return [*_tokens_that_no_view_accepts(views), *_keys_that_are_taken_for_tokens(views)]


def _tokens_that_no_view_accepts(views: list[RoutedView]) -> Iterator[CheckMessage]:
    of_project = [view for view in views if not _is_endpoint(view)]
    if not any(_is_log_in(view) for view in views) or credentials_accepted_by(of_project):
        return
    yield checks.Warning(
        "Users can log in, and no view of yours accepts their tokens: the authenticators of "
        f"authkit are named nowhere{_open_to_all()}.",
        hint=f"Write {SETTINGS}",
        id="authkit.W023",
    )


def _keys_that_are_taken_for_tokens(views: list[RoutedView]) -> Iterator[CheckMessage]:
    for place, authenticators in _lists_of_project(views).items():
        name = _before_bearer(authenticators)
        if name is not None:
            yield checks.Warning(
                f"API keys are refused as bearer tokens by {place}: {name} stands before "
                "BearerAuthentication, and takes each of them for an access token.",
                hint=f"Remove {name} there: BearerAuthentication takes access tokens, too.",
                id="authkit.W025",
            )


def _before_bearer(authenticators: Sequence[Any]) -> str | None:
    """Return the name of one of tokens alone that answers what is meant for one after it."""
    bearers = [one for one in authenticators if _is_of(one, JWTAuthentication)]
    for earlier, later in combinations(bearers, 2):
        takes_keys = _is_of(later, BearerAuthentication) and not _is_of(
            earlier, BearerAuthentication
        )
        if takes_keys and earlier.keyword.lower() == later.keyword.lower():
            return str(earlier.__name__)
    return None


def _is_of(authenticator: Any, kind: type) -> bool:
    return isinstance(authenticator, type) and issubclass(authenticator, kind)


def credentials_accepted_by(
    views: Iterable[RoutedView],
) -> set[type[HeaderCredentialAuthentication]]:
    """Return the authenticators of authkit in the defaults, and of each view that is not ours."""
    return {
        one
        for authenticators in _lists_of_project(views).values()
        for one in authenticators
        if _is_of(one, HeaderCredentialAuthentication)
    }


def _lists_of_project(views: Iterable[RoutedView]) -> dict[str, Sequence[Any]]:
    """Return the authenticators of the defaults, and of each view that is not ours, by place."""
    defaults: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    found: dict[str, Sequence[Any]] = {"DEFAULT_AUTHENTICATION_CLASSES": defaults}
    for view in views:
        own = view.attribute("authentication_classes")
        is_own = isinstance(own, list | tuple) and own != defaults
        if is_own and not view.path.startswith("authkit."):
            found[f"'{view.route}' ({view.path})"] = own
    return found


def _is_endpoint(view: RoutedView) -> bool:
    """Say whether the view is one of authkit's, or a subclass that replaces one."""
    bases = (endpoints.OwnerView, endpoints.PublicView)
    named = (getattr(endpoints, name) for name in endpoints.__all__)
    return any(issubclass(view.cls, one) for one in named if one not in bases)


def _is_log_in(view: RoutedView) -> bool:
    return issubclass(view.cls, TokenObtainView)


def _open_to_all() -> str:
    permissions: Any = api_settings.DEFAULT_PERMISSION_CLASSES
    is_open = AllowAny in permissions
    return ", and the default permission admits every client" if is_open else ""
