from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from authkit.core.identity.administrators import permitted
from authkit.core.identity.users import AuthUser
from authkit.factors import flows

UNLOCK = _("Unlock: reset failed attempts")


@admin.action(description=UNLOCK, permissions=["change"])
def unlock_accounts(model_admin: Any, request: HttpRequest, queryset: Any) -> None:
    """An action for the admin page of your users: ``actions = [unlock_accounts]``."""
    unlock_users(request, queryset)


def unlock_users(request: HttpRequest, users: Iterable[AuthUser]) -> None:
    users = permitted(request, users)
    count = sum(flows.unlock(user, actor=request.user.pk) for user in users)
    text = ngettext("%d account unlocked.", "%d accounts unlocked.", count) % count
    messages.success(request, text)
