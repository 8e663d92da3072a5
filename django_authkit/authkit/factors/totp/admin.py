from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from authkit.core.identity.users import AuthUser
from authkit.factors import flows
from authkit.factors.models import TOTPDevice

UNLOCK = _("Unlock: forget wrong passwords and codes")


@admin.action(description=UNLOCK, permissions=["change"])
def unlock_accounts(model_admin: Any, request: HttpRequest, queryset: Any) -> None:
    """An action for the admin page of your users: ``actions = [unlock_accounts]``."""
    _unlock(request, queryset)


def _unlock(request: HttpRequest, users: Iterable[AuthUser]) -> None:
    count = sum(flows.unlock(user, actor=request.user.pk) for user in users)
    text = ngettext("%d account unlocked.", "%d accounts unlocked.", count) % count
    messages.success(request, text)


@admin.register(TOTPDevice)
class TOTPDeviceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Shows who has an app and who is locked; unlocks, or takes the factor off. Never a secret."""

    list_display = ["user", "confirmed", "confirmed_at", "failures"]
    list_filter = ["confirmed"]
    list_select_related = ["user"]
    fields = readonly_fields = ("user", "confirmed", "created_at", "confirmed_at", "failures")
    actions = ["unlock_selected"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # A filter in the address would tell the sealed secret letter by letter.
        return "sealed_secret" not in lookup and super().lookup_allowed(lookup, value, request)

    @admin.action(description=UNLOCK, permissions=["change"])
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[TOTPDevice]) -> None:
        _unlock(request, [device.user for device in queryset])

    def delete_model(self, request: HttpRequest, obj: TOTPDevice) -> None:
        if obj.confirmed:
            flows.remove_second_factor(obj.user, actor=request.user.pk)
        else:
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for device in queryset:
            self.delete_model(request, device)
