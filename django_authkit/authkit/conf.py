from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings


class Settings:
    """The ``AUTHKIT`` dict of a project, with its defaults; read when needed, never cached.

    One typed property per setting. ``authkit.checks`` names unknown keys and wrong types.
    """

    @property
    def user_settings(self) -> Mapping[str, Any]:
        return getattr(settings, "AUTHKIT", {})

    @property
    def SESSION_ABSOLUTE_LIFETIME(self) -> timedelta:
        """How long a session lasts at most, however often it is refreshed.

        The idle lifetime is ``SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]``. Thirty days is the
        most that NIST SP 800-63B-4 section 2.1.3 lets pass before asking for the
        password again.
        """
        value: timedelta = self._get("SESSION_ABSOLUTE_LIFETIME", timedelta(days=30))
        return value

    @property
    def REFRESH_GRACE_SECONDS(self) -> int:
        """For how many seconds a refresh token that was just rotated still gets the same successor.

        Two tabs and lost answers need it; 0 switches it off (RFC 9700 section 4.14.2).
        """
        value: int = self._get("REFRESH_GRACE_SECONDS", 10)
        return value

    @property
    def TRUSTED_PROXIES(self) -> int | Sequence[str]:
        """Whose ``X-Forwarded-For`` is believed: how many proxies in a row, or their networks.

        0 (the default): nobody's; the client is ``REMOTE_ADDR``.
        """
        value: int | Sequence[str] = self._get("TRUSTED_PROXIES", 0)
        return value

    @property
    def API_KEY_BRAND(self) -> str:
        """What every API key of this project starts with, so that secret scanners find it."""
        value: str = self._get("API_KEY_BRAND", "ak")
        return value

    @property
    def API_KEY_QUOTA(self) -> int:
        """How many keys somebody can have made for themselves at one time."""
        value: int = self._get("API_KEY_QUOTA", 25)
        return value

    @property
    def API_KEY_RATE(self) -> str | None:
        """How often a key may be used that somebody makes for themselves: ``"1000/hour"``.

        None (the default): as often as they like.
        """
        value: str | None = self._get("API_KEY_RATE", None)
        return value

    @property
    def API_KEY_CACHE_SECONDS(self) -> int:
        """For how many seconds a key that was found is not looked for again; 0 is never."""
        value: int = self._get("API_KEY_CACHE_SECONDS", 0)
        return value

    @property
    def SCOPES(self) -> Mapping[str, str]:
        """What keys can be allowed to do: a sentence for people, by name (RFC 6749 section 3.3)."""
        value: Mapping[str, str] = self._get("SCOPES", {})
        return value

    @property
    def OWNER_SCOPES(self) -> str | Callable[[Any], Iterable[str]] | None:
        """Which of the scopes keys of a user can hold: a callable, or its path.

        It gets the user and returns names. None (the default): all of them.
        """
        value: str | Callable[[Any], Iterable[str]] | None = self._get("OWNER_SCOPES", None)
        return value

    @property
    def ENCRYPTION_KEYS(self) -> Mapping[str, str]:
        """The keys that encrypt TOTP secrets, by id: 32 bytes each, in Base64.

        The first encrypts, all decrypt. Keys derived from SECRET_KEY and
        SECRET_KEY_FALLBACKS come last; without others (the default) the first encrypts.
        """
        value: Mapping[str, str] = self._get("ENCRYPTION_KEYS", {})
        return value

    @property
    def SECOND_FACTOR_REQUIRED(self) -> str | Callable[[Any], bool] | None:
        """Who must have a second factor: ``"staff"``, ``"all"``, or a callable, or its path.

        The callable gets the user and returns a bool. None (the default): whoever wants one.
        """
        value: str | Callable[[Any], bool] | None = self._get("SECOND_FACTOR_REQUIRED", None)
        return value

    @property
    def REGISTRATION(self) -> bool:
        """Whether strangers can register."""
        value: bool = self._get("REGISTRATION", False)
        return value

    @property
    def REGISTRATION_SERIALIZER(self) -> str:
        """The path of the serializer of ``register/``: what an account begins with."""
        value: str = self._get(
            "REGISTRATION_SERIALIZER", "authkit.accounts.serializers.RegistrationSerializer"
        )
        return value

    @property
    def EMAIL_VERIFICATION_URL(self) -> str | None:
        """The page that mails link to, with ``{token}`` where the token goes.

        It sends the token to ``email/verify/``. None (the default): addresses are not
        verified, so nobody can register or change theirs.
        """
        value: str | None = self._get("EMAIL_VERIFICATION_URL", None)
        return value

    @property
    def EMAIL_VERIFICATION_REQUIRED(self) -> bool:
        """Whether there is an account only once its address is proved.

        False: there is one at once, that can log in, and
        :class:`authkit.permissions.HasVerifiedEmail` says which views wait for the proof.
        """
        value: bool = self._get("EMAIL_VERIFICATION_REQUIRED", True)
        return value

    @property
    def PROFILE_SERIALIZER(self) -> str:
        """The path of the serializer of ``me/``: what people see and change of themselves."""
        value: str = self._get(
            "PROFILE_SERIALIZER", "authkit.accounts.serializers.ProfileSerializer"
        )
        return value

    @property
    def EVENT_RETENTION(self) -> timedelta:
        """How old security events become before ``manage.py authkit_prune`` deletes them."""
        value: timedelta = self._get("EVENT_RETENTION", timedelta(days=365))
        return value

    @property
    def PASSWORD_RESET_URL(self) -> str | None:
        """Where the link to a new password leads: a page of yours, with ``{uid}`` and ``{token}``.

        None (the default): no link is sent.
        """
        value: str | None = self._get("PASSWORD_RESET_URL", None)
        return value

    @property
    def PASSWORD_RESET_LIFETIME(self) -> timedelta:
        """How long that link works: 24 hours at most (NIST SP 800-63B-4 section 4.2.1.2)."""
        value: timedelta = self._get("PASSWORD_RESET_LIFETIME", timedelta(minutes=30))
        return value

    @property
    def SCHEMA_AUDIT_EXEMPTIONS(self) -> Sequence[Mapping[str, Any]]:
        """The findings of ``authkit_audit_schema`` that stay, each with a reason.

        ``rule`` and ``reason`` are wanted; ``operation`` ("POST /path/"), ``view`` and
        ``subject`` narrow the entry and may hold ``*``; ``until`` ("2030-12-31") ends it.
        """
        value: Sequence[Mapping[str, Any]] = self._get("SCHEMA_AUDIT_EXEMPTIONS", ())
        return value

    @property
    def SCHEMA_OPEN_OPERATIONS(self) -> str:
        """What the hook does where the document demands a credential and the view does not.

        ``"fix"`` makes the document true, ``"report"`` leaves it to the audit (AK301).
        """
        value: str = self._get("SCHEMA_OPEN_OPERATIONS", "fix")
        return value

    @property
    def SCHEMA_SCHEME_ALIASES(self) -> Mapping[str, str]:
        """Names of security schemes that mean the same, each with the name to keep."""
        value: Mapping[str, str] = self._get("SCHEMA_SCHEME_ALIASES", {})
        return value

    @property
    def SCHEMA_VERDICTS(self) -> str | os.PathLike[str] | None:
        """The file in which the audit writes what it decided, and the hook reads it.

        None (the default): the hook knows what the views say when they are asked alone.
        """
        value: str | os.PathLike[str] | None = self._get("SCHEMA_VERDICTS", None)
        return value

    def _get(self, name: str, default: Any) -> Any:
        return self.user_settings.get(name, default)


conf = Settings()
