"""E024 to E026: the claims of ``SIMPLE_JWT``, and what is written into them."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import cached_property

from authkit.conf.written import as_python
from authkit.signing.configuration import read_encoder
from authkit.signing.simple_jwt import DEFAULTS, configured, setting

#: The claims that authkit writes under a fixed name, and those of RFC 7519 that PyJWT verifies.
RESERVED = frozenset(
    {"amr", "aud", "auth_time", "exp", "generation", "iat", "iss", "nbf", "sid"},
)

#: The settings that name a claim.
NAMES = ("USER_ID_CLAIM", "TOKEN_TYPE_CLAIM", "JTI_CLAIM")

#: In characters; a name is in each token.
MAX_NAME_LENGTH = 64


def check_claims(**kwargs: Any) -> list[CheckMessage]:
    """Return one error for each setting with which no token could be made or accepted."""
    given: object = configured()
    if not isinstance(given, Mapping):
        return []  # check_signing reports it
    return [*_wrong_names(), *_wrong_user_id_field(), *_wrong_encoder()]


def _wrong_names() -> Iterator[CheckMessage]:
    taken = dict.fromkeys(RESERVED, "a claim that authkit writes itself")
    for setting_name in NAMES:
        name = setting(setting_name)
        if setting_name != "USER_ID_CLAIM":  # SimpleJWT allows None for the others
            name = DEFAULTS[setting_name] if name is None else name
        reason = _reason(name, taken)
        if reason:
            yield Error(
                f"SIMPLE_JWT['{setting_name}'] should be a name of its own, not {reason}.",
                hint=f"Write {as_python(DEFAULTS[setting_name])}, the default"
                + (', or "sub" (RFC 7519).' if setting_name == "USER_ID_CLAIM" else "."),
                id="authkit.E024",
            )
        else:
            taken[name] = f"that of {setting_name}"


def _reason(name: Any, taken: Mapping[str, str]) -> str | None:
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_LENGTH:
        return _shortened(name)
    return f"{name!r}, {taken[name]}" if name in taken else None


def _wrong_user_id_field() -> Iterator[CheckMessage]:
    field, model = setting("USER_ID_FIELD"), get_user_model()
    known = _user_ids(model)
    if not (isinstance(field, str) and (field in known or _is_property(model, field))):
        close = difflib.get_close_matches(str(field), sorted(known), n=1)
        yield Error(
            f"SIMPLE_JWT['USER_ID_FIELD'] should be a field of {model._meta.label} that may be "
            f"shown, not {_shortened(field)}.",
            hint=f"Did you mean '{close[0]}'?" if close else 'Write "pk", the default.',
            id="authkit.E025",
        )


def _user_ids(model: Any) -> set[str]:
    """Return the names of the columns of users, without that of the password hash."""
    fields = model._meta.concrete_fields
    names = {"pk", *(field.name for field in fields), *(field.attname for field in fields)}
    return names - {"password"}


def _is_property(model: Any, name: str) -> bool:
    return isinstance(inspect.getattr_static(model, name, None), property | cached_property)


def _wrong_encoder() -> Iterator[CheckMessage]:
    try:
        read_encoder()
    except ImproperlyConfigured as error:
        yield Error(
            f"{error}.",
            hint='Write "django.core.serializers.json.DjangoJSONEncoder", or leave it out.',
            id="authkit.E026",
        )


def _shortened(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
