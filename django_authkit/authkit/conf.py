from __future__ import annotations

from collections.abc import Callable, Mapping
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
    def API_KEY_BRAND(self) -> str:
        """What every API key of this project starts with, so that secret scanners find it."""
        value: str = self._get("API_KEY_BRAND", "ak")
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

    def _get(self, name: str, default: Any) -> Any:
        return self.user_settings.get(name, default)


conf = Settings()
