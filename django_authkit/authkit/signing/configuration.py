"""What the settings say about tokens: read once, and anew when other settings are set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from json import JSONEncoder
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

from authkit.signing.ring import KeyRing, read_ring
from authkit.signing.simple_jwt import setting

#: The settings that it is read from.
SOURCES = ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "AUTHKIT", "SIMPLE_JWT")


@dataclass(frozen=True, slots=True, eq=False)
class Configuration:
    """The key ring, and the members of ``SIMPLE_JWT`` that a token needs; leeway in seconds."""

    ring: KeyRing
    audience: Any
    issuer: str | None
    leeway: float
    json_encoder: type[JSONEncoder] | None
    user_id_field: str
    user_id_claim: str
    token_type_claim: str
    jti_claim: str


@lru_cache(maxsize=1)
def configuration() -> Configuration:
    """Return the configuration of the project. Reading the keys takes long, so it is kept.

    :raises ImproperlyConfigured: the settings say no key.
    """
    leeway = setting("LEEWAY") or 0
    return Configuration(
        ring=read_ring(),
        audience=_audience(),
        issuer=setting("ISSUER"),
        leeway=leeway.total_seconds() if isinstance(leeway, timedelta) else float(leeway),
        json_encoder=read_encoder(),
        user_id_field=setting("USER_ID_FIELD"),
        user_id_claim=setting("USER_ID_CLAIM"),
        token_type_claim=setting("TOKEN_TYPE_CLAIM") or "token_type",
        jti_claim=setting("JTI_CLAIM") or "jti",
    )


def read_encoder() -> type[JSONEncoder] | None:
    """Return the class that ``JSON_ENCODER`` is, or names by its dotted path, as in SimpleJWT.

    :raises ImproperlyConfigured: it is none.
    """
    given = setting("JSON_ENCODER")
    try:
        found = import_string(given) if isinstance(given, str) else given
    except Exception as error:  # the module may raise anything when it is imported
        raise ImproperlyConfigured(
            f"SIMPLE_JWT['JSON_ENCODER'] is {ascii(given)[:80]}, which does not import: {error!r}"
        ) from error
    if found is None or (isinstance(found, type) and issubclass(found, JSONEncoder)):
        return found
    raise ImproperlyConfigured(
        "SIMPLE_JWT['JSON_ENCODER'] should be a subclass of json.JSONEncoder, or its dotted path, "
        f"not {ascii(given)[:80]}"
    )


def _audience() -> Any:
    given = setting("AUDIENCE")
    return sorted(given) if isinstance(given, set) else given  # JSON has no sets


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in SOURCES:
        configuration.cache_clear()
