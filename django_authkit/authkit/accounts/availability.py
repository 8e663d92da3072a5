"""Endpoints that are there while settings say so; else they answer 404 and are in no document."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework.exceptions import NotFound
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.schemas import DefaultSchema

from authkit.accounts.columns import column_named
from authkit.conf import conf


def email_verification_is_on() -> bool:
    """Say whether there are addresses, and a page that mails can link to."""
    has_addresses = column_named(get_user_model().get_email_field_name()) is not None
    return has_addresses and conf.EMAIL_VERIFICATION_URL is not None


def registration_is_on() -> bool:
    return conf.REGISTRATION and email_verification_is_on()


def link(token: str) -> str:
    """Return the address in a mail; it comes from the settings and never from a request."""
    return str(conf.EMAIL_VERIFICATION_URL).replace("{token}", token)


class AddressesAreVerified(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        if not email_verification_is_on():
            raise NotFound
        return True


class RegistrationIsOn(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        if not registration_is_on():
            raise NotFound
        return True


class SwitchedSchema(DefaultSchema):
    """The schema of a view; None, which keeps it out of the document, while it is off."""

    def __init__(self, is_on: Any) -> None:
        super().__init__()
        self.is_on = is_on

    def __get__(self, instance: Any, owner: Any) -> Any:
        return super().__get__(instance, owner) if self.is_on() else None
