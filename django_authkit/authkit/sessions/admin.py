from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import truncatechars
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from authkit.core import clock
from authkit.core.admin_lists import WrappingList
from authkit.core.identity.administrators import permitted
from authkit.sessions.ending.revoke import ENDED_BY_ADMINISTRATOR, end
from authkit.sessions.models import Session

#: Characters of the user agent in the list; the page of a session has all of it.
SHOWN_OF_USER_AGENT = 40

ACTIVE = pgettext_lazy("session", "active")
ENROLMENT = _("active, to set up a second factor")
PENDING = _("waits for a second factor")
ENDED = pgettext_lazy("session", "ended")
EXPIRED = pgettext_lazy("session", "expired")
INACTIVE = _("account not active")
PASSWORD_CHANGED = _("password changed")


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("active", ACTIVE), ("pending", PENDING), ("ended", ENDED), ("expired", EXPIRED)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "active":
                return queryset.live().filter(user__is_active=True)
            case "pending":
                return queryset.pending()
            case "ended":
                return queryset.filter(revoked_at__isnull=False)
            case "expired":
                return queryset.expired()
        return queryset


@admin.register(Session)
class SessionAdmin(WrappingList, admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Shows sessions, read-only, and ends them. It shows no token, and no fingerprint."""

    list_display = ["user", "state", "created_at", "last_used_at", "ip", "client", "amr"]
    list_filter = [StateFilter, "created_at"]
    list_select_related = ["user"]
    search_help_text = _("A user name, or the beginning of an IP address.")
    show_full_result_count = False
    actions = ["end_sessions"]
    fields = (
        "user",
        "state",
        "amr",
        "ip",
        "user_agent",
        "created_at",
        "authenticated_at",
        "last_used_at",
        "idle_expires_at",
        "absolute_expires_at",
        "revoked_at",
    )

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [f"=user__{get_user_model().USERNAME_FIELD}", "^ip"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # A filter in the query string would disclose the fingerprint letter by letter.
        return "fingerprint" not in lookup and super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("state"))
    def state(self, session: Session) -> Any:
        return state_of(session)

    @admin.display(description=_("user agent"), ordering="user_agent")
    def client(self, session: Session) -> str:
        return truncatechars(session.user_agent, SHOWN_OF_USER_AGENT)

    @admin.display(description=_("methods"), ordering="methods")
    def amr(self, session: Session) -> str:
        return ", ".join(session.amr)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("authkit.delete_session")

    @admin.action(description=_("End the selected sessions"), permissions=["end"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        count = 0
        sessions = queryset.select_related("user")
        for session in permitted(request, sessions, lambda session: session.user):
            if end(session, ENDED_BY_ADMINISTRATOR, actor=request.user.pk):
                self.log_change(request, session, "Ended.")
                count += 1
        text = ngettext("%d session was ended.", "%d sessions were ended.", count) % count
        self.message_user(request, text, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Django asks this, too, of the sessions of a user who is deleted in the admin.
        return obj is not None

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise PermissionDenied

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = {**(extra_context or {}), "show_delete": False}
        return super().changeform_view(request, object_id, form_url, context)


def state_of(session: Session) -> Any:
    """Return in words whether the tokens of a session are valid now, or why they are not."""
    if session.revoked_at is not None:
        return ENDED
    if session.has_expired(clock.now()):
        return EXPIRED
    if not session.user.is_active:
        return INACTIVE
    if not session.password_is_unchanged():
        return PASSWORD_CHANGED
    if session.pending_until is not None:
        return PENDING if session.is_pending() else EXPIRED
    return ENROLMENT if session.owes_second_factor else ACTIVE
