from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from authkit.core.factors import active, has_second_factor
from authkit.core.identity.users import AuthUser
from authkit.errors import AuthkitError
from authkit.factors.flows import must_have_second_factor, verify_code

#: In the session of the admin site: a factor that was passed, and has no device of django-otp.
PASSED = "authkit_second_factor"


class SecondFactorAuthenticationForm(AdminAuthenticationForm):
    """User name, password, and the code of users who have a second factor."""

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
            factor = verify_code(user, self.cleaned_data.get("otp", ""))
        except AuthkitError as error:
            raise forms.ValidationError(str(error.detail), code=str(error.get_codes())) from None
        # What django-otp's own form sets: its middleware then knows the session is verified.
        devices = [each.otp_device(user) for each in active(user)]
        user.otp_device = next(filter(None, devices), None)  # type: ignore[attr-defined]  # its own
        if user.otp_device is None:  # type: ignore[attr-defined]  # as above
            setattr(user, PASSED, factor.name)  # for _remember


@receiver(user_logged_in, dispatch_uid="authkit.factors.admin_site")
def _remember(request: HttpRequest, user: AuthUser, **kwargs: Any) -> None:
    passed = getattr(user, PASSED, None)
    if passed is not None:
        request.session[PASSED] = passed


class SecondFactorAdminSite(AdminSite):
    """An admin site that asks users who have a second factor for it, at log-in and on each page.

    Unlike ``django_otp.admin.OTPAdminSite`` it admits users who have none, unless
    ``AUTHKIT["SECOND_FACTOR_REQUIRED"]`` says that they must. Needs
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
        on = active(user)
        if not on:
            return not must_have_second_factor(user)
        # A factor that has been removed is not passed any more.
        return request.session.get(PASSED) in {factor.name for factor in on}
