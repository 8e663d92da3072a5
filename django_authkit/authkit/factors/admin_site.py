from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.signals import user_logged_in
from django.db import connections
from django.db.transaction import non_atomic_requests
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from authkit.core.factors import Factor, active, has_second_factor
from authkit.core.http.client import answering, present_client
from authkit.core.identity.users import AuthUser
from authkit.errors import AuthkitError, InvalidCredentials
from authkit.events.flows import record
from authkit.factors.flows import must_have_second_factor, verify_code
from authkit.passwords.checking.attempts import note_log_in
from authkit.passwords.checking.credentials import check_credentials

V = TypeVar("V", bound=Callable[..., Any])

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

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Count, check and record as ``token/`` does: one budget for both."""
        username = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if username is not None and password:
            if self.request is None:
                raise self.get_invalid_login_error()
            with answering(self.request), _errors_of_the_form(self):
                self.user_cache = check_credentials(self.request, username, password)
                self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data

    def confirm_login_allowed(self, user: AuthUser) -> None:
        try:
            super().confirm_login_allowed(user)
        except forms.ValidationError:  # not staff
            record("login_failed", user=user.pk)
            raise
        methods = ["pwd"]
        if has_second_factor(user):
            methods += self._require_code(user).amr
        note_log_in(user, present_client())
        record("session_started", user=user.pk, amr=methods)

    def _require_code(self, user: AuthUser) -> Factor:
        factor = verify_code(user, self.cleaned_data.get("otp", ""))
        # What django-otp's own form sets: its middleware then knows the session is verified.
        devices = [each.otp_device(user) for each in active(user)]
        user.otp_device = next(filter(None, devices), None)  # type: ignore[attr-defined]  # its own
        if user.otp_device is None:  # type: ignore[attr-defined]  # as above
            setattr(user, PASSED, factor.name)  # for _remember
        return factor


@contextmanager
def _errors_of_the_form(form: AdminAuthenticationForm) -> Iterator[None]:
    try:
        yield
    except InvalidCredentials:
        raise form.get_invalid_login_error() from None
    except AuthkitError as error:
        raise forms.ValidationError(str(error.detail), code=str(error.get_codes())) from None


@receiver(user_logged_in, dispatch_uid="authkit.factors.admin_site")
def _remember(request: HttpRequest, user: AuthUser, **kwargs: Any) -> None:
    passed = getattr(user, PASSED, None)
    if passed is not None:
        request.session[PASSED] = passed


def _outside_of_transactions(view: V) -> V:
    """Keep the counts of a refused log-in, and what it has spent, also under ATOMIC_REQUESTS."""
    for alias in connections:
        non_atomic_requests(using=alias)(view)
    return view


class SecondFactorAdminSite(AdminSite):
    """An admin site that asks users who have a second factor for it, at log-in and on each page.

    Unlike ``django_otp.admin.OTPAdminSite`` it admits users who have none, unless
    ``AUTHKIT["SECOND_FACTOR_REQUIRED"]`` says that they must. Needs
    ``django_otp.middleware.OTPMiddleware``.
    """

    login_form = SecondFactorAuthenticationForm
    login_template = "admin/authkit/login.html"

    @_outside_of_transactions
    @method_decorator(never_cache)
    @login_not_required
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().login(request, extra_context)

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
