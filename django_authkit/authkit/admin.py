"""Every admin page of the app, where Django looks for them, and what there is for other pages."""

from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

from authkit.api_keys.admin import APIKeyAdmin
from authkit.events.admin import SecurityEventAdmin
from authkit.factors.admin import TOTPDeviceAdmin, unlock_accounts

if TYPE_CHECKING:
    from authkit.accounts.admin import AccountAdminMixin

__all__ = [
    "APIKeyAdmin",
    "AccountAdminMixin",
    "SecurityEventAdmin",
    "TOTPDeviceAdmin",
    "unlock_accounts",
]


def __getattr__(name: str) -> Any:
    # No page by itself: only a project that makes one of it has to load it.
    if name == "AccountAdminMixin":
        return import_string("authkit.accounts.admin.AccountAdminMixin")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
