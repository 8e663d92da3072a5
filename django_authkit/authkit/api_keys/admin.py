from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import display_for_value
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from rest_framework_api_key.admin import APIKeyModelAdmin as StockAPIKeyAdmin
from rest_framework_api_key.models import APIKey as StockAPIKey

from authkit import errors
from authkit.api_keys import flows
from authkit.api_keys.models import APIKey
from authkit.api_keys.owners import owner_of
from authkit.api_keys.scopes import declared_scopes
from authkit.core.admin_lists import WrappingList
from authkit.core.http.networks import joined
from authkit.core.identity.administrators import SuperuserProtection, may_act_on, permitted
from authkit.events import flows as events

#: How long the old key works when the admin rotates one and leaves time to replace it.
OVERLAP = timedelta(days=1)


class NetworksField(forms.CharField):
    """Networks in CIDR notation, one on each line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> Any:
        networks = super().clean(value).split()
        try:
            return joined(networks)
        except ValueError:
            return " ".join(networks)  # the model has the error message

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value.split()) if value else value


class ScopesField(forms.MultipleChoiceField):
    """The scopes that the project declares, to be ticked."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> Any:
        return " ".join(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value


class APIKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    #: The user who submits the form.
    administrator: Any = None

    scope = ScopesField(
        label=capfirst(_("scopes")), required=False, choices=lambda: scope_choices()
    )
    networks = NetworksField(
        label=capfirst(_("allowed networks")),
        required=False,
        help_text=_("Networks from which the key may be used, one per line. Empty: all networks."),
    )

    def clean_owner(self) -> Any:
        owner = self.cleaned_data["owner"]
        if owner is not None and not may_act_on(self.administrator, owner):
            raise ValidationError(_("Only a superuser can create a key for a superuser."))
        return owner


def recorder(request: HttpRequest, api_key: APIKey) -> partial[None]:
    """Return ``record`` for events of a key that an administrator causes."""
    return partial(events.record, user=api_key.owner_id, api_key=api_key.pk, actor=request.user.pk)


def scope_choices() -> list[tuple[str, str]]:
    return [(name, f"{name}: {sentence}") for name, sentence in declared_scopes().items()]


@admin.register(APIKey)
class APIKeyAdmin(SuperuserProtection, WrappingList, admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Makes keys, and shows each one once, in the response to the request that made it."""

    form = APIKeyForm
    actions = ["revoke_keys", "rotate_keys", "rotate_keys_with_overlap"]
    list_display = ["prefix", "name", "owner", "scopes", "last_used", "expiry_date", "revoked"]
    list_filter = ["created", "revoked"]
    list_select_related = ["owner"]
    search_fields = ["name", "prefix"]
    raw_id_fields = ["owner", "group"]

    DESCRIBING = ("name", "owner", "group", "scope", "networks", "rate", "expiry_date")
    OBSERVED = ("prefix", "created", "last_used", "last_used_ip", "overlap_ends_at")

    user_field = "owner"

    def user_of(self, obj: APIKey) -> Any:
        try:
            owner = owner_of(obj)
        except errors.APIKeyInvalid:
            return None
        return AnonymousUser() if owner is None else owner  # a service is no superuser

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        if obj is None:
            return self.DESCRIBING
        if obj.revoked or obj.has_run_out():
            shown = ["name", "owner", "group", "scopes", "rate", "expiry_date", "revoked"]
            return [*self.OBSERVED, *shown]
        return [*self.OBSERVED, *self.DESCRIBING, "revoked"]

    def get_readonly_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        if obj is None:
            return []
        # A key never changes its owner, and a key that has ended is never restored.
        is_over = obj.revoked or obj.has_run_out()
        return self.get_fields(request, obj) if is_over else [*self.OBSERVED, "owner"]

    def get_form(
        self, request: HttpRequest, obj: APIKey | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"administrator": request.user})

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # Filters in the URL would reveal a hash character by character (brute force).
        is_secret = lookup.startswith(("hashed_key", "retiring_hash"))
        return not is_secret and super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("last used"), ordering="last_used_at")
    def last_used(self, obj: APIKey) -> Any:
        return obj.last_used_at or _("never")

    @admin.display(description=_("scopes"))
    def scopes(self, obj: APIKey) -> str:
        return ", ".join(obj.scopes)

    @admin.display(description=_("old key valid until"))
    def overlap_ends_at(self, obj: APIKey) -> Any:
        return display_for_value(obj.overlap_ends_at, self.get_empty_value_display())

    def save_model(
        self, request: HttpRequest, obj: APIKey, form: forms.ModelForm[APIKey], change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            described = [name for name in form.changed_data if name != "revoked"]
            if described:
                recorder(request, obj)("api_key_changed", changed=described)
            if "revoked" in form.changed_data:
                recorder(request, obj)("api_key_revoked")
            return
        # Kept on the request, not in a message: messages are stored in cookies or sessions.
        made = flows.NewKey(obj, APIKey.objects.insert(obj))
        request.new_api_key = made  # type: ignore[attr-defined]  # an attribute of ours
        recorder(request, obj)("api_key_created", scopes=obj.scopes)

    def delete_model(self, request: HttpRequest, obj: APIKey) -> None:
        record = recorder(request, obj)
        super().delete_model(request, obj)
        if not obj.revoked:
            record("api_key_revoked")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        for api_key in queryset:
            self.delete_model(request, api_key)

    def response_add(
        self, request: HttpRequest, obj: APIKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        made: flows.NewKey = request.new_api_key  # type: ignore[attr-defined]  # by save_model
        return self._shown_once(request, _("API key created"), [made])

    @admin.action(description=_("Revoke the selected keys permanently"), permissions=["change"])
    def revoke_keys(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        ending = self._permitted(request, queryset.filter(revoked=False))
        APIKey.objects.filter(pk__in=[api_key.pk for api_key in ending]).revoke()
        for api_key in ending:
            recorder(request, api_key)("api_key_revoked")
            self.log_change(request, api_key, "Revoked.")
        count = len(ending)
        text = ngettext("%d key was revoked.", "%d keys were revoked.", count) % count
        self.message_user(request, text, messages.SUCCESS)

    @admin.action(
        description=_("Rotate the selected keys; the old ones become invalid now"),
        permissions=["change"],
    )
    def rotate_keys(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> HttpResponse | None:
        return self._rotated(request, queryset, timedelta(0))

    @admin.action(
        description=_("Rotate the selected keys; the old ones stay valid for one more day"),
        permissions=["change"],
    )
    def rotate_keys_with_overlap(
        self, request: HttpRequest, queryset: QuerySet[APIKey]
    ) -> HttpResponse | None:
        return self._rotated(request, queryset, OVERLAP)

    def _permitted(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> list[APIKey]:
        return permitted(request, queryset.select_related("owner"), self.user_of)

    def _rotated(
        self, request: HttpRequest, queryset: QuerySet[APIKey], overlap: timedelta
    ) -> HttpResponse | None:
        new_keys = []
        for api_key in self._permitted(request, queryset):
            try:
                new_keys.append(flows.rotate(api_key, overlap, actor=request.user.pk))
            except (errors.APIKeyEnded, errors.APIKeyRotated) as error:
                self.message_user(request, f"{api_key}: {error.detail}", messages.WARNING)
            else:
                self.log_change(request, api_key, "Rotated.")
        return self._shown_once(request, _("API keys rotated"), new_keys) if new_keys else None

    # A crash report shows the variables of every function below, those of the template as well.
    @method_decorator(sensitive_variables())
    def _shown_once(
        self, request: HttpRequest, title: Any, new_keys: Sequence[flows.NewKey]
    ) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "new_keys": new_keys,
        }
        response = render(request, "admin/authkit/apikey/made.html", context)
        response["Cache-Control"] = "no-store"
        return response


class HiddenStockAPIKeyAdmin(StockAPIKeyAdmin):  # type: ignore[misc]  # the package has no types
    """Takes the place of the stock page of keys, which ``APIKeyAuthentication`` refuses.

    A second "API keys" in the index misleads. The model stays registered, so a project that
    replaces the stock page with its own (``unregister``, then ``register``) works as before.
    """

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def hide_stock_keys(site: admin.AdminSite) -> None:
    """Hide the page that djangorestframework-api-key has registered; leave any other one alone."""
    if (
        site.is_registered(StockAPIKey)
        and type(site.get_model_admin(StockAPIKey)) is StockAPIKeyAdmin
    ):
        site.unregister(StockAPIKey)
        site.register(StockAPIKey, HiddenStockAPIKeyAdmin)


hide_stock_keys(admin.site)
