from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import date
from django.template.response import TemplateResponse
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from authkit.api_keys.models import APIKey
from authkit.core import factors
from authkit.core.admin_lists import WrappingList
from authkit.core.identity.administrators import SuperuserProtection, permitted
from authkit.core.identity.users import AuthUser, username_of
from authkit.errors import AccountLocked
from authkit.factors import flows as factor_flows
from authkit.factors.models import CODE_LIMITS, CodeAttempts
from authkit.passwords.checking.attempts import PASSWORD_LIMITS, failures_in_a_row
from authkit.sessions.ending.revoke import end_sessions
from authkit.sessions.models import Session, accepted_fingerprints

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = object


class AccountState(NamedTuple):
    """The columns that the list of users adds for each user."""

    second_factor: bool
    locked: str
    live_sessions: int
    api_keys: int


class ReasonForm(forms.Form):
    note = forms.CharField(label=_("Reason"), max_length=200)


class AccountAdminMixin(SuperuserProtection, WrappingList, ModelAdmin):
    """For the admin page of your users: ``class AccountAdmin(AccountAdminMixin, UserAdmin)``.

    It shows second factor, lockout, live sessions and usable API keys of each user, in six
    queries for a page. Its actions end sessions, remove the second factor and unlock; each
    requires a reason, which the security event stores. Superusers are changed, deleted and made by
    superusers alone, on the page of a user as well.
    """

    actions: Any = ["end_sessions", "remove_second_factor", "unlock"]

    user_field = None

    def user_of(self, obj: Any) -> Any:
        return obj

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = ["second_factor", "locked", "live_sessions", "api_keys"]
        return [*super().get_list_display(request), *columns]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        users = list(changelist.result_list)
        for user, state in zip(users, account_states(users), strict=True):
            user.authkit_state = state
        return changelist

    @admin.display(description=_("second factor"), boolean=True)
    def second_factor(self, user: Any) -> bool:
        return bool(user.authkit_state.second_factor)

    @admin.display(description=_("locked"), empty_value="")
    def locked(self, user: Any) -> str:
        return str(user.authkit_state.locked)

    @admin.display(description=_("active sessions"))
    def live_sessions(self, user: Any) -> int:
        return int(user.authkit_state.live_sessions)

    @admin.display(description=_("API keys"))
    def api_keys(self, user: Any) -> int:
        return int(user.authkit_state.api_keys)

    def has_end_sessions_permission(self, request: HttpRequest) -> bool:
        return _may(request, "authkit.delete_session")

    def has_remove_second_factor_permission(self, request: HttpRequest) -> bool:
        return _may(request, "authkit.delete_totpdevice")

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return _may(request, "authkit.change_passwordattempts")

    @admin.action(description=_("End all sessions"), permissions=["end_sessions"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._for_a_reason(request, queryset, "end_sessions", end_sessions)

    @admin.action(description=_("Remove the second factor"), permissions=["remove_second_factor"])
    def remove_second_factor(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        remove = factor_flows.remove_second_factor
        with_factor = queryset.filter(pk__in=factors.holders(queryset))
        return self._for_a_reason(request, with_factor, "remove_second_factor", remove)

    @admin.action(description=_("Unlock: reset failed attempts"), permissions=["unlock"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._for_a_reason(request, queryset, "unlock", factor_flows.unlock)

    def _for_a_reason(
        self,
        request: HttpRequest,
        users: QuerySet[Any],
        action: str,
        act: Callable[..., object],
    ) -> HttpResponse | None:
        """Ask for a reason; once it is given, apply the action to each user and log it."""
        form = ReasonForm(request.POST if "note" in request.POST else None)
        description = str(getattr(self, action).short_description)
        if not form.is_valid():
            context: dict[str, Any] = {
                **self.admin_site.each_context(request),
                "title": description,
                "opts": self.opts,
                "users": permitted(request, users),
                "action": action,
                "form": form,
            }
            return TemplateResponse(request, "admin/authkit/account/reason.html", context)
        note = form.cleaned_data["note"]
        acted_on = permitted(request, users)
        for user in acted_on:
            act(user, actor=request.user.pk, note=note)
            self.log_change(request, user, f"{description}: {note}")
        text = gettext("%(action)s: done for %(count)d.")
        self.message_user(
            request, text % {"action": description, "count": len(acted_on)}, messages.SUCCESS
        )
        return None


def account_states(users: Sequence[AuthUser]) -> list[AccountState]:
    """Return the state of each user, in a constant number of queries."""
    attempts = {row.pk: row for row in CodeAttempts.objects.filter(user__in=users)}
    with_factor = factors.holders(users)
    opened = Session.objects.live().filter(user__in=users).order_by()
    fingerprints = list(
        opened.values_list("user", "password_fingerprint").annotate(number=Count("pk"))
    )
    keys = APIKey.objects.live().filter(owner__in=users).order_by()
    numbers = dict(keys.values_list("owner").annotate(number=Count("pk")))
    failures = failures_in_a_row([username_of(user) for user in users])
    return [
        AccountState(
            second_factor=user.pk in with_factor,
            locked=_locked(failures[username_of(user)], attempts.get(user.pk)),
            live_sessions=_usable(user, fingerprints),
            api_keys=numbers.get(user.pk, 0) if user.is_active else 0,
        )
        for user in users
    ]


def _usable(user: AuthUser, fingerprints: Sequence[tuple[Any, str, int]]) -> int:
    if not user.is_active:
        return 0
    # Sessions of an earlier password have ended, although their rows are unchanged.
    accepted = set(accepted_fingerprints(user))
    return sum(
        n for pk, fingerprint, n in fingerprints if pk == user.pk and fingerprint in accepted
    )


def _locked(failures: int, attempts: CodeAttempts | None) -> str:
    told = []
    if failures >= PASSWORD_LIMITS.in_a_row:
        told.append(gettext("passwords"))
    refusal = attempts and attempts.refusal(CODE_LIMITS)
    if isinstance(refusal, AccountLocked):
        told.append(gettext("codes"))
    elif refusal and attempts and attempts.last_attempt_at:
        until = localtime(attempts.last_attempt_at + CODE_LIMITS.window)
        told.append(gettext("codes until %(moment)s") % {"moment": date(until, "H:i")})
    return ", ".join(told)


def _may(request: HttpRequest, permission: str) -> bool:
    return bool(request.user.has_perm(permission))
