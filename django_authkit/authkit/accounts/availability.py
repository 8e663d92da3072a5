"""Endpoints that settings enable; a disabled one answers 404 and is in no OpenAPI document."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework.exceptions import NotFound
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from authkit.accounts.columns import column_named
from authkit.conf import conf

#: The action of a link that completes a registration; of others it is the value of a ``Purpose``.
REGISTRATION = "registration"


def email_verification_is_on() -> bool:
    """Say whether users have e-mail addresses, and a page is configured that mails can link to."""
    has_email = column_named(get_user_model().get_email_field_name()) is not None
    return has_email and conf.EMAIL_VERIFICATION_URL is not None


def registration_is_on() -> bool:
    return conf.REGISTRATION and email_verification_is_on()


def link(token: str, action: str) -> str:
    """Return the URL for a mail, independent of the request: prevents Host header injection.

    :param action: what the link does, for the page to say: :data:`REGISTRATION`, or a purpose.
    """
    url = str(conf.EMAIL_VERIFICATION_URL)
    return url.replace("{action}", action).replace("{token}", token)


class EmailVerificationIsOn(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        if not email_verification_is_on():
            raise NotFound
        return True


class RegistrationIsOn(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        if not registration_is_on():
            raise NotFound
        return True
