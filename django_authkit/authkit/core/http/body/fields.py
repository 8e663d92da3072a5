"""Serializer fields that accept a value exactly as it was sent, or refuse it.

DRF's ``CharField`` strips white space and turns numbers into strings; a password or a
token must arrive as it was typed (OWASP ASVS 5.0, 6.2.8).
"""

from __future__ import annotations

from copy import copy
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator


class StrictCharField(serializers.CharField):
    """A JSON string of at most ``max_length`` characters, never coerced, and not stripped.

    The length is checked first. NUL and lone surrogates are refused: not every database and
    encoding supports them.
    """

    default_error_messages = {
        "surrogate_characters_not_allowed": _("Not a valid string of Unicode characters."),
    }

    def __init__(self, *, max_length: int, trim_whitespace: bool = False, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, trim_whitespace=trim_whitespace, **kwargs)
        # Surrogates are refused below, by the encoder, which is faster than this validator.
        self.validators = [
            validator
            for validator in self.validators
            if not isinstance(validator, ProhibitSurrogateCharactersValidator)
        ]

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Copy a declared field, as every request does.

        DRF creates the field again from its arguments, which is slower than the validation.
        """
        if self.field_name is not None:  # bound: it has more state than its declaration
            return super().__deepcopy__(memo)
        field = copy(self)
        field.validators = list(self.validators)
        field.error_messages = dict(self.error_messages)
        field.style = dict(self.style)
        return field

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str):
            self._refuse_unusable(data)
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

    def _refuse_unusable(self, data: str) -> None:
        if self.max_length is not None and len(data) > self.max_length:
            message = self.error_messages["max_length"]
            raise serializers.ValidationError(
                str(message).format(max_length=self.max_length), code="max_length"
            )
        try:
            data.encode()
        except UnicodeEncodeError:
            self.fail("surrogate_characters_not_allowed")


class SecretField(StrictCharField):
    """A password or token: write-only, and never part of a repr or a browsable form."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        kwargs.setdefault("style", {"input_type": "password"})
        super().__init__(max_length=max_length, write_only=True, **kwargs)


class PasswordField(SecretField):
    """A password. The limit protects the hasher from long input; ASVS 5.0, 6.2.9 requires 64."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=4096, **kwargs)


class CodeField(SecretField):
    """A code of a second factor: a string, since leading zeros count."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=32, **kwargs)
