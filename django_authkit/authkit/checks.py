"""Wrong settings, found by ``manage.py check`` before a user finds them. One page each in docs/."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string
from rest_framework_simplejwt.settings import DEFAULTS as SIMPLE_JWT_DEFAULTS

from authkit.conf import Settings, conf
from authkit.core import crypto
from authkit.sessions import tokens

#: The least number of bytes of an HMAC key (RFC 7518 section 3.2).
HMAC_KEY_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}

#: What ``startproject`` puts before a SECRET_KEY that it made.
INSECURE_PREFIX = "django-insecure-"


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    configured: object = conf.user_settings
    if not isinstance(configured, Mapping):
        return [_no_dict("AUTHKIT")]
    return [
        *_unknown_keys("AUTHKIT", configured, _names(), "authkit.E002"),
        *_wrong_values(),
    ]


def check_signing(**kwargs: Any) -> list[CheckMessage]:
    configured: object = getattr(settings, "SIMPLE_JWT", {})
    if not isinstance(configured, Mapping):
        return [_no_dict("SIMPLE_JWT")]
    return [
        *_unknown_keys("SIMPLE_JWT", configured, list(SIMPLE_JWT_DEFAULTS), "authkit.E004"),
        *_meaningless(configured),
        *_wrong_lifetimes(),
        *_short_hmac_key(),
    ]


#: Settings of SimpleJWT that another part of it reads, and nothing here does.
WITHOUT_MEANING = {
    name
    for name in SIMPLE_JWT_DEFAULTS
    if name.startswith(("AUTH_", "SLIDING_", "TOKEN_OBTAIN", "TOKEN_REFRESH", "TOKEN_VERIFY"))
} | {
    "BLACKLIST_AFTER_ROTATION",
    "CHECK_REVOKE_TOKEN",
    "CHECK_USER_IS_ACTIVE",
    "REVOKE_TOKEN_CLAIM",
    "ROTATE_REFRESH_TOKENS",
    "TOKEN_BLACKLIST_SERIALIZER",
    "TOKEN_USER_CLASS",
    "UPDATE_LAST_LOGIN",
    "USER_AUTHENTICATION_RULE",
}


def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    configured: object = getattr(settings, "SIMPLE_JWT", {})
    if not isinstance(configured, Mapping):
        return []  # check_signing says so
    key = tokens.setting("SIGNING_KEY")
    if not _is_hmac() or not str(key).startswith(INSECURE_PREFIX):
        return []
    return [
        checks.Warning(
            f"Tokens are signed with a key that starts with '{INSECURE_PREFIX}': whoever has read "
            "your repository can log in as anybody.",
            hint=(
                "Set SECRET_KEY, or SIMPLE_JWT['SIGNING_KEY'], to 50 or more random characters "
                "that are kept out of the repository."
            ),
            id="authkit.W001",
        )
    ]


def _no_dict(name: str) -> CheckMessage:
    return Error(
        f"{name} should be a dict.",
        hint=f"Write {name} = {{...}} in your settings.",
        id="authkit.E001",
    )


def _names() -> list[str]:
    return [name for name in vars(Settings) if name.isupper()]


def _unknown_keys(
    name: str, configured: Mapping[str, Any], known: list[str], check_id: str
) -> Iterator[CheckMessage]:
    for key in configured:
        if key in known:
            continue
        close = difflib.get_close_matches(str(key), known, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"Known are: {', '.join(sorted(known))}."
        yield Error(f"{name} has no setting '{key}'.", hint=hint, id=check_id)


def _meaningless(configured: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for name in sorted(WITHOUT_MEANING.intersection(configured)):
        yield checks.Warning(
            f"SIMPLE_JWT['{name}'] changes nothing: authkit does not look at it.",
            hint=(
                "Remove it. If views of SimpleJWT's own still need it, put 'authkit.W005' into "
                "SILENCED_SYSTEM_CHECKS."
            ),
            id="authkit.W005",
        )


def _is_positive_timedelta(value: Any) -> bool:
    return isinstance(value, timedelta) and value > timedelta(0)


def _is_grace(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 60


def _is_brand(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9-]{1,16}", value) is not None


def _is_key_ring(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(key_id, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key_id) and _is_key(key)
        for key_id, key in value.items()
    )


def _is_key(value: Any) -> bool:
    try:
        return len(crypto.decode_key(value)) == crypto.KEY_BYTES
    except ValueError:
        return False


def _is_factor_policy(value: Any) -> bool:
    if isinstance(value, str) and "." in value:
        return _imports(value)
    return value in (None, "staff", "all") or callable(value)


def _imports(path: str) -> bool:
    try:
        return callable(import_string(path))
    except ImportError:
        return False


_EXPECTED: dict[str, tuple[Callable[[Any], bool], str, str]] = {
    "SESSION_ABSOLUTE_LIFETIME": (
        _is_positive_timedelta,
        "a timedelta above zero",
        "Write timedelta(days=30).",
    ),
    "REFRESH_GRACE_SECONDS": (
        _is_grace,
        "a whole number of seconds from 0 to 60",
        "Write 10, or 0 for no grace.",
    ),
    "API_KEY_BRAND": (
        _is_brand,
        "1 to 16 of the characters a-z, 0-9 and -",
        'Write something like "acme".',
    ),
    "ENCRYPTION_KEYS": (
        _is_key_ring,
        "a dict of 32-byte keys in Base64 by id (A-Z, a-z, 0-9, _ and -)",
        'Write {"1": "..."} with the output of: '
        "python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())'",
    ),
    "SECOND_FACTOR_REQUIRED": (
        _is_factor_policy,
        '"staff", "all", a callable, the path of one that imports, or None',
        'Write "staff", say.',
    ),
}


#: What is in them belongs into no output.
_SECRET = {"ENCRYPTION_KEYS"}


def _instead(name: str, value: Any) -> str:
    return "" if name in _SECRET else f", not {value!r}"


def _wrong_values() -> Iterator[CheckMessage]:
    for name, (is_right, expected, hint) in _EXPECTED.items():
        value = getattr(conf, name)
        if not is_right(value):
            yield Error(
                f"AUTHKIT['{name}'] should be {expected}{_instead(name, value)}.",
                hint=hint,
                id="authkit.E003",
            )


def _wrong_lifetimes() -> Iterator[CheckMessage]:
    for name in ("ACCESS_TOKEN_LIFETIME", "REFRESH_TOKEN_LIFETIME"):
        value = tokens.setting(name)
        if not _is_positive_timedelta(value):
            yield Error(
                f"SIMPLE_JWT['{name}'] should be a timedelta above zero, not {value!r}.",
                hint="Write timedelta(minutes=5), say.",
                id="authkit.E005",
            )


def _is_hmac() -> bool:
    return tokens.setting("ALGORITHM") in HMAC_KEY_BYTES


def _short_hmac_key() -> Iterator[CheckMessage]:
    if not _is_hmac():
        return
    algorithm = tokens.setting("ALGORITHM")
    key = tokens.setting("SIGNING_KEY")
    length = len(key if isinstance(key, bytes) else str(key).encode())
    if length < HMAC_KEY_BYTES[algorithm]:
        yield Error(
            f"The key that signs tokens has {length} bytes; {algorithm} wants at least "
            f"{HMAC_KEY_BYTES[algorithm]} (RFC 7518 section 3.2).",
            hint=(
                "Set SIMPLE_JWT['SIGNING_KEY'] (by default it is SECRET_KEY) to the output of: "
                "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
            ),
            id="authkit.E006",
        )
