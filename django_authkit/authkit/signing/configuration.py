"""What the settings say about tokens: read once, and anew when other settings are set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.core.signals import setting_changed
from django.dispatch import receiver

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
    json_encoder: Any
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
        audience=setting("AUDIENCE"),
        issuer=setting("ISSUER"),
        leeway=leeway.total_seconds() if isinstance(leeway, timedelta) else float(leeway),
        json_encoder=setting("JSON_ENCODER"),
        user_id_field=setting("USER_ID_FIELD"),
        user_id_claim=setting("USER_ID_CLAIM"),
        token_type_claim=setting("TOKEN_TYPE_CLAIM") or "token_type",
        jti_claim=setting("JTI_CLAIM") or "jti",
    )


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in SOURCES:
        configuration.cache_clear()
