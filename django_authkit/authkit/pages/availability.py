"""Pages that settings turn on; one that is off answers 404, and no page links to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist

from authkit.conf import conf


def is_on(name: str) -> bool:
    """Say whether the page with this name in ``authkit_pages`` has anything to do."""
    condition = _CONDITIONS.get(name)
    return condition is None or condition()


def has_email() -> bool:
    """Say whether accounts of the project have an e-mail address."""
    model = get_user_model()
    try:
        model._meta.get_field(model.get_email_field_name())
    except FieldDoesNotExist:
        return False
    return True


def resets_are_on() -> bool:
    return has_email() and conf.PASSWORD_RESET_URL is not None


def links_are_on() -> bool:
    return has_email() and conf.EMAIL_VERIFICATION_URL is not None


def registration_is_on() -> bool:
    return conf.REGISTRATION and links_are_on()


_CONDITIONS: Mapping[str, Callable[[], bool]] = {
    "password-reset": resets_are_on,
    "password-reset-confirm": resets_are_on,
    "register": registration_is_on,
    "link": links_are_on,
    "email": links_are_on,
}
