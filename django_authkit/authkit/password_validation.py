"""The validators that ``AUTH_PASSWORD_VALIDATORS`` names."""

from authkit.passwords.validators import ContextWordsValidator, MinimumLengthValidator

__all__ = ["ContextWordsValidator", "MinimumLengthValidator"]
