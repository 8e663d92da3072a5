from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from authkit.core.identity.users import AuthUser
from authkit.errors import AuthkitError
from authkit.factors.flows import (
    has_second_factor,
    must_have_second_factor,
    verify_code,
)
from authkit.factors.models import confirmed_device


class SecondFactorAuthenticationForm(AdminAuthenticationForm):
    """User name, password, and the code of those who have a second factor."""

    otp = forms.CharField(
        label=_("Code of your second factor, if you have one"),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def confirm_login_allowed(self, user: AuthUser) -> None:
        super().confirm_login_allowed(user)
        if has_second_factor(user):
            self._require_code(user)

    @sensitive_variables()
    def _require_code(self, user: AuthUser) -> None:
        try:
            verify_code(user, self.cleaned_data.get("otp", ""))
        except AuthkitError as error:
            raise forms.ValidationError(str(error.detail), code=str(error.get_codes())) from None
        # What django-otp's own form sets: its middleware then knows the session is verified.
        user.otp_device = confirmed_device(user)  # type: ignore[attr-defined]  # django-otp's


class SecondFactorAdminSite(AdminSite):
    """An admin site that asks whoever has a second factor for it, at its door and inside.

    Unlike ``django_otp.admin.OTPAdminSite`` it lets in those who have none, unless
    ``AUTHKIT["SECOND_FACTOR_REQUIRED"]`` says that they must. Wants
    ``django_otp.middleware.OTPMiddleware``.
    """

    login_form = SecondFactorAuthenticationForm
    login_template = "admin/authkit/login.html"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and self._is_verified(request)

    def _is_verified(self, request: HttpRequest) -> bool:
        user: Any = request.user
        is_verified = getattr(user, "is_verified", None)
        if is_verified is not None and is_verified():
            return True
        return not has_second_factor(user) and not must_have_second_factor(user)
