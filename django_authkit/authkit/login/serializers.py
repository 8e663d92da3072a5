from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from authkit.core.fields import PasswordField, StrictCharField


class CredentialsSerializer(serializers.Serializer[Any]):
    """The member that the user model calls its USERNAME_FIELD, and a password."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        model = get_user_model()
        column = model._meta.get_field(model.USERNAME_FIELD)
        username = StrictCharField(
            max_length=getattr(column, "max_length", None) or 254,
            validators=[_fits(column)],
        )
        return {model.USERNAME_FIELD: username, "password": PasswordField()}


def _fits(column: Any) -> Any:
    """Return a validator for values that a look-up in this column could not even ask for."""

    def validate(value: str) -> None:
        try:
            column.to_python(value)
        except DjangoValidationError:
            raise serializers.ValidationError(_("Not a valid value."), code="invalid") from None

    return validate
