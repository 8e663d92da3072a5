"""E029, E030: pages that are included without what they need."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.urls import NoReverseMatch, reverse

from authkit.checks.project.routes import routed_views
from authkit.pages.views import Page

#: What the scripts of the pages ask: the URL by which a page finds it, and where it comes from.
ASKED = {
    "authkit:profile": "authkit.urls",
    "authkit_cookie:token-obtain": "authkit.cookie_urls",
}


def check_pages(**kwargs: Any) -> list[CheckMessage]:
    """Return an error for each thing without which the pages cannot be shown."""
    if not any(issubclass(view.cls, Page) for view in routed_views()):
        return []
    found: list[CheckMessage] = []
    if not apps.is_installed("authkit.pages"):
        found.append(
            Error(
                "authkit.pages.urls is included, and its templates and scripts are not found.",
                hint='Add "authkit.pages" to INSTALLED_APPS.',
                id="authkit.E029",
            )
        )
    missing = [module for name, module in ASKED.items() if not _is_included(name)]
    if missing:
        lines = " and ".join(f'path("api/v1/auth/", include("{module}"))' for module in missing)
        found.append(
            Error(
                f"authkit.pages.urls is included, and {' and '.join(missing)} not: the pages would "
                "have nothing to ask.",
                hint=f"Add {lines} to urlpatterns.",
                id="authkit.E030",
            )
        )
    return found


def _is_included(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True
