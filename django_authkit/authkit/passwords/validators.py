"""Validators for a project's ``AUTH_PASSWORD_VALIDATORS``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from authkit.conf import conf
from authkit.core.factors import has_second_factor
from authkit.core.identity.users import email_of, username_of

__all__ = ["ContextWordsValidator", "MinimumLengthValidator"]


#: Shorter words occur by chance in too many passwords.
SHORTEST_WORD = 4

#: Substitutes for letters (leetspeak), and homoglyphs of other scripts.
_LOOKALIKES = str.maketrans(
    "013457@$\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u03b1\u03bf\u03c1\u03bd",
    "oieastasaeopcyxisjaopv",
)


class MinimumLengthValidator:
    """Requires 15 characters, or 8 if the account has a second factor.

    NIST SP 800-63B-4 section 3.1.1.2. A character is a code point.
    """

    def __init__(self, min_length: int = 15, min_length_with_second_factor: int = 8) -> None:
        self.min_length = min_length
        self.min_length_with_second_factor = min_length_with_second_factor

    def validate(self, password: str, user: Any = None) -> None:
        # Django's validator has the translated message.
        password_validation.MinimumLengthValidator(self._required(user)).validate(password)

    def get_help_text(self) -> str:
        return _(
            "Your password must contain at least %(alone)d characters, or %(beside)d if you have "
            "a second factor."
        ) % {"alone": self.min_length, "beside": self.min_length_with_second_factor}

    def _required(self, user: Any) -> int:
        stored = user is not None and not user._state.adding
        if stored and has_second_factor(user):
            return self.min_length_with_second_factor
        return self.min_length


class ContextWordsValidator:
    """Refuses a password that consists of context-specific words (ASVS 5.0, 6.2.11).

    These are the words of the user name, the e-mail address and the user's names, of the hosts,
    the issuer and the site's name in the settings, and ``words``. The rest of the password, without
    spaces and punctuation, must have at least ``left`` characters.
    """

    def __init__(self, words: Iterable[str] = (), left: int = 8) -> None:
        self.words = tuple(words)
        self.left = left

    def validate(self, password: str, user: Any = None) -> None:
        typed = rest = _letters(password)
        for word in self._context(user):
            rest = rest.replace(word, "")
        if rest != typed and len(rest) < self.left:
            raise ValidationError(
                _(
                    "This password is too similar to your name, your e-mail address or the "
                    "name of this service."
                ),
                code="password_of_context_words",
            )

    def get_help_text(self) -> str:
        return _(
            "Your password can't consist of your name, your e-mail address or the name of this "
            "service."
        )

    def _context(self, user: Any) -> list[str]:
        texts = [*self.words, *_texts_in_settings(), *([] if user is None else _texts_of(user))]
        words = {_letters(word) for text in texts for word in [text, *re.split(r"[\W_]+", text)]}
        # The longest first: it may contain a shorter one.
        return sorted((word for word in words if len(word) >= SHORTEST_WORD), key=len, reverse=True)


def _texts_in_settings() -> Iterator[str]:
    yield from settings.ALLOWED_HOSTS
    issuer = getattr(settings, "OTP_TOTP_ISSUER", "")
    yield issuer if isinstance(issuer, str) else ""
    yield conf.SITE_NAME or ""


def _texts_of(user: Any) -> Iterator[str]:
    yield username_of(user)
    yield email_of(user)
    yield getattr(user, "first_name", "")
    yield getattr(user, "last_name", "")


def _letters(text: str) -> str:
    """Return the letters and digits of a text, with look-alikes unified."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LOOKALIKES)
    return "".join(character for character in plain if character.isalnum())
