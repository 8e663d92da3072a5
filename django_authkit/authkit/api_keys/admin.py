from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from authkit.api_keys.models import APIKey


@admin.register(APIKey)
class APIKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Makes keys and shows each once, in the answer that made it and nowhere else."""

    list_display = ["prefix", "name", "owner", "created", "expiry_date", "revoked"]
    list_filter = ["created", "revoked"]
    list_select_related = ["owner"]
    search_fields = ["name", "prefix"]
    raw_id_fields = ["owner"]

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        return ["name", "owner", "expiry_date"] if obj is None else self.list_display

    def get_readonly_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        if obj is None:
            return []
        # A key made for one owner is never handed on, and a revoked one never comes back.
        return self.list_display if obj.revoked else ["prefix", "owner", "created"]

    def save_model(
        self, request: HttpRequest, obj: APIKey, form: ModelForm[APIKey], change: bool
    ) -> None:
        if not change:
            # Kept on the request, not in a message: messages are stored in cookies or sessions.
            request.new_api_key = APIKey.objects.assign_key(obj)  # type: ignore[attr-defined]
        obj.save()

    def response_add(
        self, request: HttpRequest, obj: APIKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("API key made"),
            "opts": self.opts,
            "api_key": obj,
            "key": request.new_api_key,  # type: ignore[attr-defined]
        }
        response = TemplateResponse(request, "admin/authkit/apikey/made.html", context)
        response["Cache-Control"] = "no-store"
        return response
