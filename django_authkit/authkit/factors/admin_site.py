from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import wrap
from typing import Any, TypeVar
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.signals import user_logged_in
from django.db import connections
from django.db.transaction import non_atomic_requests
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from rest_framework.exceptions import APIException

from authkit.conf import conf
from authkit.core.factors import Factor, active, has_second_factor
from authkit.core.http.client import answering, present_client
from authkit.core.identity.users import AuthUser
from authkit.errors import (
    AuthkitError,
    EnrolmentRequired,
    InvalidCredentials,
    NothingToConfirm,
    SessionEnded,
)
from authkit.events.flows import record
from authkit.factors import admin_enrolment
from authkit.factors.admin_enrolment import Enrolment
from authkit.factors.flows import must_have_second_factor, verify_code
from authkit.factors.totp.qr import svg_data_uri
from authkit.passwords.checking.attempts import note_log_in
from authkit.passwords.checking.credentials import check_credentials

V = TypeVar("V", bound=Callable[..., Any])

#: In the session of the admin site: a factor that was passed, and has no device of django-otp.
PASSED = "authkit_second_factor"

#: In the query of the set-up: its second step. The first one is shown without.
STEP, CONFIRM = "step", "confirm"


class SecondFactorAuthenticationForm(AdminAuthenticationForm):
    """User name, password, and the code of users who have a second factor."""

    #: The user of a refused log-in whose password is right, and who must set up a second factor.
    owes_factor: AuthUser | None = None

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
        elif must_have_second_factor(user):
            record("enrolment_required", user=user.pk)
            self.owes_factor = user
            raise EnrolmentRequired
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


class FirstCodeForm(forms.Form):
    code = forms.CharField(max_length=32)


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
    ``AUTHKIT["SECOND_FACTOR_REQUIRED"]`` says that they must: those set up an authenticator app
    between the log-in page and the site. Needs ``django_otp.middleware.OTPMiddleware``.
    """

    login_form = SecondFactorAuthenticationForm
    login_template = "admin/authkit/login.html"

    @_outside_of_transactions
    @method_decorator(never_cache)
    @login_not_required
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: Any = super().login(request, extra_context)
        context: dict[str, Any] = getattr(response, "context_data", None) or {}
        user = getattr(context.get("form"), "owes_factor", None)
        if user is None or not admin_enrolment.is_possible():
            return response  # type: ignore[no-any-return]
        try:
            admin_enrolment.begin(request, user)
        except APIException:  # race: the user has just turned a factor on elsewhere
            return response  # type: ignore[no-any-return]
        return HttpResponseRedirect(self._enrolment_url(context[REDIRECT_FIELD_NAME]))

    def get_urls(self) -> list[Any]:
        enrolment = path(
            "authkit/second-factor/", self.set_up_second_factor, name="authkit_second_factor"
        )
        return [enrolment, *super().get_urls()]

    @_outside_of_transactions
    @method_decorator(never_cache)
    @method_decorator(csrf_protect)
    @method_decorator(sensitive_post_parameters())
    @method_decorator(sensitive_variables())
    @login_not_required
    def set_up_second_factor(self, request: HttpRequest) -> HttpResponse:
        """Show the set-up of a log-in that owes a factor; turn the factor on with the first code.

        The answer to that code shows the recovery codes, this once, and completes the log-in. Each
        of the three steps is a page of its own, so that they follow each other without scripts.
        """
        try:
            with answering(request):
                return self._enrol(request)
        except AuthkitError as error:
            if self.has_permission(request):
                return HttpResponseRedirect(self._next_url(request))
            messages.error(request, str(error.detail))
            return HttpResponseRedirect(reverse("admin:login", current_app=self.name))

    def _enrol(self, request: HttpRequest) -> HttpResponse:
        enrolment = admin_enrolment.under_way(request)
        if request.method == "POST":
            return self._confirm(request, enrolment)
        if request.GET.get(STEP) == CONFIRM:
            return self._confirm_page(request, FirstCodeForm())
        return self._scan_page(request, enrolment)

    def _confirm(self, request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
        form = FirstCodeForm(request.POST)
        if form.is_valid():
            try:
                codes = admin_enrolment.complete(request, enrolment, form.cleaned_data["code"])
            except (NothingToConfirm, SessionEnded):
                raise
            except AuthkitError as error:
                form.add_error("code", str(error.detail))
            else:
                return self._codes_page(request, codes)
        return self._confirm_page(request, form)

    def _scan_page(self, request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
        setup = enrolment.setup
        return self._page(
            request,
            "scan",
            _("Scan this picture with an authenticator app"),
            qr_code=svg_data_uri(setup.otpauth_url),
            otpauth_url=setup.otpauth_url,
            secret_groups=wrap(setup.secret, 4),
            confirm_url=self._enrolment_url(self._next_url(request), step=CONFIRM),
        )

    def _confirm_page(self, request: HttpRequest, form: FirstCodeForm) -> HttpResponse:
        return self._page(
            request,
            "confirm",
            _("Confirm with a code"),
            form=form,
            scan_url=self._enrolment_url(self._next_url(request)),
        )

    def _codes_page(self, request: HttpRequest, codes: list[str]) -> HttpResponse:
        return self._page(request, "codes", _("Keep your recovery codes"), codes=codes)

    def _page(self, request: HttpRequest, step: str, heading: Any, **more: Any) -> HttpResponse:
        request.current_app = self.name
        context = {
            **self.each_context(request),
            # A page of the log-in, also once it is complete: no menus.
            "has_permission": False,
            "title": _("Set up your second factor"),
            "subtitle": heading,
            "site_name": conf.SITE_NAME,
            "next": self._next_url(request),
            **more,
        }
        # Rendered here, so that a crash report hides the variables (``sensitive_variables``).
        return render(request, f"admin/authkit/second_factor/{step}.html", context)

    def _enrolment_url(self, next_url: str, **query: str) -> str:
        page = reverse("admin:authkit_second_factor", current_app=self.name)
        if next_url:
            query[REDIRECT_FIELD_NAME] = next_url
        return f"{page}?{urlencode(query)}" if query else page

    def _next_url(self, request: HttpRequest) -> str:
        """Return where the log-in leads: a page of this host, or the site's first page."""
        given = request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME, ""))
        hosts, secure = {request.get_host()}, request.is_secure()
        if url_has_allowed_host_and_scheme(given, hosts, require_https=secure):
            return given
        return reverse("admin:index", current_app=self.name)

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
