from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ValidationError

from authkit.core.identity.users import AuthUser


def require_acceptable(password: str, user: AuthUser, *, member: str = "new_password") -> None:
    """Validate a new password with AUTH_PASSWORD_VALIDATORS.

    :raises ValidationError: the messages of the validators, under ``member``.
    """
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise ValidationError({member: error.messages}) from None
