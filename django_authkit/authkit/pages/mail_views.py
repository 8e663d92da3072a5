"""The pages around mails: a forgotten password, registration, links of mails, e-mail address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import Http404, HttpRequest, HttpResponse

from authkit.conf import conf
from authkit.pages.availability import is_on, registration_is_on
from authkit.pages.form_fields import registration_fields
from authkit.pages.views import AccountPage, Page

__all__ = [
    "EmailPage",
    "LinkPage",
    "PasswordResetConfirmPage",
    "PasswordResetPage",
    "RegisterPage",
]


class MailPage(Page):
    """A page that is there only where a setting turns on what it does."""

    #: Its name in ``authkit_pages``.
    name: str

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_on(self.name):
            raise Http404
        return super().get(request, *args, **kwargs)


class PasswordResetPage(MailPage):
    """Have a link mailed, with which a forgotten password is replaced."""

    name = "password-reset"
    template_name = "authkit/pages/password_reset.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        minutes = int(conf.PASSWORD_RESET_LIFETIME.total_seconds() // 60)
        return super().get_context_data(minutes=minutes, **kwargs)


class PasswordResetConfirmPage(MailPage):
    """Choose a new password with the link of the mail, whose token is in the fragment."""

    name = "password-reset-confirm"
    template_name = "authkit/pages/password_reset_confirm.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rules = password_validators_help_texts()
        return super().get_context_data(password_rules=rules, **kwargs)


class RegisterPage(MailPage):
    """Ask for an account, with the fields that the project's serializer takes."""

    name = "register"
    template_name = "authkit/pages/register.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        fields = [field for field in registration_fields() if field["name"] != "password"]
        return super().get_context_data(
            fields=[field for field in fields if field["is_identifier"]],
            more_fields=[field for field in fields if not field["is_identifier"]],
            email_field=get_user_model().get_email_field_name(),
            password_rules=password_validators_help_texts(),
            must_verify=conf.EMAIL_VERIFICATION_REQUIRED,
            **kwargs,
        )


class LinkPage(MailPage):
    """Do what the link of a mail is for, whose token is in the fragment, when the user says so."""

    name = "link"
    template_name = "authkit/pages/link.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rules = password_validators_help_texts()
        return super().get_context_data(password_rules=rules, **kwargs)


class EmailPage(MailPage, AccountPage):
    """Change the e-mail address of the account."""

    name = "email"
    page = "email"
    template_name = "authkit/pages/email.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            email_field=get_user_model().get_email_field_name(),
            can_resend=registration_is_on(),
            **kwargs,
        )
