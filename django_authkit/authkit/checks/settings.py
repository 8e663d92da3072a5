"""E001 to E003: the keys and values of ``AUTHKIT``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from os import PathLike
from typing import Any

from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from authkit.accounts.serializers import ProfileSerializer, RegistrationSerializer
from authkit.checks import values
from authkit.conf import Settings, conf
from authkit.core.http.client import MOST_HOPS


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    configured: object = conf.user_settings
    if not isinstance(configured, Mapping):
        return [no_dict("AUTHKIT")]
    return [
        *unknown_keys("AUTHKIT", configured, _names(), "authkit.E002"),
        *_wrong_values(),
        *_broken_serializers(),
    ]


def no_dict(name: str) -> CheckMessage:
    return Error(
        f"{name} should be a dict.",
        hint=f"Write {name} = {{...}} in your settings.",
        id="authkit.E001",
    )


def _names() -> list[str]:
    return [name for name in vars(Settings) if name.isupper()]


def unknown_keys(
    name: str, configured: Mapping[str, Any], known: list[str], check_id: str
) -> Iterator[CheckMessage]:
    for key in configured:
        if key in known:
            continue
        close = difflib.get_close_matches(str(key), known, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"Known are: {', '.join(sorted(known))}."
        yield Error(f"{name} has no setting '{key}'.", hint=hint, id=check_id)


_EXPECTED: dict[str, tuple[Callable[[Any], bool], str, str]] = {
    "SESSION_ABSOLUTE_LIFETIME": (
        values.is_positive_timedelta,
        "a timedelta above zero",
        "Write timedelta(days=30).",
    ),
    "REFRESH_GRACE_SECONDS": (
        values.is_grace,
        "a whole number of seconds from 0 to 60",
        "Write 10, or 0 for no grace.",
    ),
    "EVENT_RETENTION": (
        values.is_positive_timedelta,
        "a timedelta above zero",
        "Write timedelta(days=365).",
    ),
    "TRUSTED_PROXIES": (
        values.is_proxies,
        f"a number of proxies from 0 to {MOST_HOPS}, or a list of their networks",
        'Write 1 for one proxy in front of Django, or ["10.0.0.0/8"].',
    ),
    "API_KEY_BRAND": (
        values.is_brand,
        "1 to 16 of the characters a-z, 0-9 and -",
        'Write something like "acme".',
    ),
    "API_KEY_QUOTA": (
        values.is_quota,
        "a whole number from 0 to 10000",
        "Write 25, or 0 so that nobody can make keys for themselves.",
    ),
    "API_KEY_RATE": (
        values.is_rate,
        "a rate such as '1000/hour' (by second, minute, hour or day), or None",
        'Write "1000/hour", say.',
    ),
    "API_KEY_CACHE_SECONDS": (
        values.is_grace,
        "a whole number of seconds from 0 to 60",
        "Write 5, or 0 to look at every key every time.",
    ),
    "SCOPES": (
        values.is_scope_map,
        "a dict of sentences by scope (1 to 100 visible ASCII characters, no quotes, no backslash)",
        'Write {"books:read": "Read the catalogue"}, say.',
    ),
    "OWNER_SCOPES": (
        values.is_scope_policy,
        "a callable, the path of one that imports, or None",
        'Write "library.scopes.scopes_of", say.',
    ),
    "ENCRYPTION_KEYS": (
        values.is_key_ring,
        "a dict of 32-byte keys in Base64 by id (A-Z, a-z, 0-9, _ and -)",
        'Write {"1": "..."} with the output of: '
        "python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())'",
    ),
    "SECOND_FACTOR_REQUIRED": (
        values.is_factor_policy,
        '"staff", "all", a callable, the path of one that imports, or None',
        'Write "staff", say.',
    ),
    "REGISTRATION": (
        lambda value: type(value) is bool,
        "True or False",
        "Write True, or leave it out.",
    ),
    "REGISTRATION_SERIALIZER": (
        values.subclasses(RegistrationSerializer),
        "the path of a subclass of authkit.accounts.serializers.RegistrationSerializer",
        'Write "accounts.serializers.Registration", say.',
    ),
    "EMAIL_VERIFICATION_URL": (
        values.is_link,
        "an http or https address with {token} in it once, or None",
        'Write "https://app.example.com/confirm#token={token}", say.',
    ),
    "EMAIL_VERIFICATION_REQUIRED": (
        lambda value: type(value) is bool,
        "True or False",
        "Write False, or leave it out.",
    ),
    "PROFILE_SERIALIZER": (
        values.subclasses(ProfileSerializer),
        "the path of a subclass of authkit.accounts.serializers.ProfileSerializer",
        'Write "accounts.serializers.Profile", say.',
    ),
    "PASSWORD_RESET_URL": (
        values.is_reset_link,
        "an http or https address with {uid} and {token} in it once each, or None",
        'Write "https://app.example.com/reset#uid={uid}&token={token}", say.',
    ),
    "PASSWORD_RESET_LIFETIME": (
        values.is_mailed_lifetime,
        "a timedelta above zero and of 24 hours at most",
        "Write timedelta(minutes=30).",
    ),
    "SCHEMA_AUDIT_EXEMPTIONS": (
        values.is_audit,
        "a list of dicts, each with a rule and a reason",
        'Write [{"rule": "AK502", "reason": "..."}].',
    ),
    "SCHEMA_OPEN_OPERATIONS": (
        lambda value: value in ("fix", "report"),
        '"fix" or "report"',
        'Write "fix", say.',
    ),
    "SCHEMA_SCHEME_ALIASES": (
        values.is_dict_of_names,
        "a dict of names by name",
        'Write {"sessionAuth": "cookieAuth"}, say.',
    ),
    "SCHEMA_VERDICTS": (
        lambda value: value is None or (isinstance(value, str | PathLike) and bool(str(value))),
        "the path of a file, or None",
        'Write BASE_DIR / "schema-verdicts.json", say.',
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
            yield _wrong(f"AUTHKIT['{name}'] should be {expected}{_instead(name, value)}.", hint)


def _broken_serializers() -> Iterator[CheckMessage]:
    for name in ("PROFILE_SERIALIZER", "REGISTRATION_SERIALIZER"):
        is_right, _, _ = _EXPECTED[name]
        path = getattr(conf, name)
        failure = values.failure_of(import_string(path)) if is_right(path) else None
        if failure is not None:
            yield _wrong(
                f"AUTHKIT['{name}'] should be a serializer whose fields can be built, not "
                f"{path!r}: {failure!r}.",
                "Put right what its Meta, or a field that it declares, says about the user model.",
            )


def _wrong(sentence: str, hint: str) -> CheckMessage:
    return Error(sentence, hint=hint, id="authkit.E003")
