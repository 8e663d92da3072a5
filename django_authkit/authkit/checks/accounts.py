"""E014 to E016 and W015: incomplete registration settings, and links without TLS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Error

from authkit.accounts.columns import column_named
from authkit.accounts.serializers import registration_serializer
from authkit.checks.settings import problem_of
from authkit.conf import Settings, conf
from authkit.conf.values import is_verification_url

#: Loopback hosts, whose traffic does not leave the machine.
LOCAL = {"localhost", "127.0.0.1", "::1"}


def check_registration(**kwargs: Any) -> list[CheckMessage]:
    configured: object = conf.user_settings
    if not isinstance(configured, Mapping) or conf.REGISTRATION is not True:
        return []
    return [*_no_email_field(), *_no_verification_page(), *_missing_columns()]


def check_links(**kwargs: Any) -> list[CheckMessage]:
    configured: object = conf.user_settings
    if not isinstance(configured, Mapping):
        return []  # check_settings reports it
    return [
        *_insecure_links("EMAIL_VERIFICATION_URL", conf.EMAIL_VERIFICATION_URL),
        *_insecure_links("PASSWORD_RESET_URL", conf.PASSWORD_RESET_URL),
    ]


def _no_email_field() -> Iterator[CheckMessage]:
    model = get_user_model()
    if column_named(model.get_email_field_name()) is None:
        yield Error(
            f"AUTHKIT['REGISTRATION'] needs an e-mail address, and {model._meta.label} has no "
            f"field '{model.get_email_field_name()}'.",
            hint="Add an e-mail field to the user model, or name the existing one in EMAIL_FIELD.",
            id="authkit.E014",
        )


def _no_verification_page() -> Iterator[CheckMessage]:
    if conf.EMAIL_VERIFICATION_URL is None:
        yield Error(
            "AUTHKIT['REGISTRATION'] needs AUTHKIT['EMAIL_VERIFICATION_URL']: no e-mail address "
            "could be verified.",
            hint=Settings.EMAIL_VERIFICATION_URL.hint,
            id="authkit.E015",
        )


def _missing_columns() -> Iterator[CheckMessage]:
    if problem_of(Settings.REGISTRATION_SERIALIZER, conf.REGISTRATION_SERIALIZER):
        return  # check_settings reports it
    model = get_user_model()
    fields = registration_serializer()().fields
    asked = {field.source or name for name, field in fields.items()}
    missing = [name for name in model.REQUIRED_FIELDS if name not in asked]
    if missing:
        yield Error(
            f"REQUIRED_FIELDS of {model._meta.label} has '{missing[0]}', and "
            "AUTHKIT['REGISTRATION_SERIALIZER'] does not ask for it.",
            hint=(
                "Write a subclass of authkit.accounts.serializers.RegistrationSerializer with "
                f"'{missing[0]}' in Meta.fields, and name it."
            ),
            id="authkit.E016",
        )


def _insecure_links(name: str, link: Any) -> Iterator[CheckMessage]:
    if not is_verification_url(link) or link is None:
        return  # check_settings reports it
    parts = urlsplit(link)
    if parts.scheme == "http" and parts.hostname not in LOCAL:
        yield checks.Warning(
            f"AUTHKIT['{name}'] is not an https URL: attackers on the network can read tokens.",
            hint=f'Write "https://{parts.netloc}{parts.path}...".',
            id="authkit.W015",
        )
