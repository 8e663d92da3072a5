from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from authkit.core.admin_lists import WrappingList
from authkit.core.identity.administrators import SuperuserProtection
from authkit.factors.admin import UNLOCK, unlock_users
from authkit.factors.flows import remove_second_factor
from authkit.factors.totp.models import TOTPDevice


@admin.register(TOTPDevice)
class TOTPDeviceAdmin(SuperuserProtection, WrappingList, admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Shows who has an app and whose account is locked; unlocks, or removes the second factor.

    It never shows a secret.
    """

    list_display = ["user", "confirmed", "confirmed_at", "failures"]
    list_filter = ["confirmed"]
    list_select_related = ["user__authkit_code_attempts"]
    fields = readonly_fields = ("user", "confirmed", "created_at", "confirmed_at", "failures")
    actions = ["unlock_selected"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # A filter in the query string would disclose the sealed secret letter by letter.
        return "sealed_secret" not in lookup and super().lookup_allowed(lookup, value, request)

    @admin.display(
        description=_("consecutive failures"), ordering="user__authkit_code_attempts__failures"
    )
    def failures(self, device: TOTPDevice) -> int:
        attempts = getattr(device.user, "authkit_code_attempts", None)
        return 0 if attempts is None else int(attempts.failures)

    @admin.action(description=UNLOCK, permissions=["change"])
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[TOTPDevice]) -> None:
        unlock_users(request, [device.user for device in queryset])

    def delete_model(self, request: HttpRequest, obj: TOTPDevice) -> None:
        if obj.confirmed:
            remove_second_factor(obj.user, actor=request.user.pk)
        else:
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for device in queryset:
            self.delete_model(request, device)
