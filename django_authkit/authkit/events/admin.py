from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from authkit.core.admin_lists import WrappingList
from authkit.core.event_kinds import KINDS
from authkit.events.models import SecurityEvent


class KindFilter(admin.SimpleListFilter):
    """The declared kinds; selecting them from the table would scan it."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind) for kind in sorted(KINDS)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[SecurityEvent]
    ) -> QuerySet[SecurityEvent]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(SecurityEvent)
class SecurityEventAdmin(WrappingList, admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Shows security events, read-only."""

    list_display = ["created_at", "kind", "user", "ip", "facts"]
    # No date_hierarchy: it scans the table, and MySQL needs its time zone tables for it.
    list_filter = [KindFilter, "created_at"]
    list_select_related = ["user"]
    search_help_text = _("A user name, or the beginning of an IP address.")
    show_full_result_count = False
    actions = None

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [f"=user__{get_user_model().USERNAME_FIELD}", "^ip"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
