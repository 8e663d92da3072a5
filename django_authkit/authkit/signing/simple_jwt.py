"""``SIMPLE_JWT``: the settings of djangorestframework-simplejwt that keep their meaning here.

They are read here and nowhere else, without that package, which need not be installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings

#: What authkit reads, with SimpleJWT's defaults; the user-id claim is the primary key by default.
DEFAULTS: Mapping[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": None,
    "VERIFYING_KEY": "",
    "AUDIENCE": None,
    "ISSUER": None,
    "JSON_ENCODER": None,
    "LEEWAY": 0,
    "USER_ID_FIELD": "pk",
    "USER_ID_CLAIM": "user_id",
    "TOKEN_TYPE_CLAIM": "token_type",
    "JTI_CLAIM": "jti",
}

#: What other parts of SimpleJWT read, and authkit does not. It verifies with the keys it signs
#: with, so it fetches none by JWK_URL.
UNUSED = frozenset(
    {
        "AUTH_HEADER_NAME",
        "AUTH_HEADER_TYPES",
        "AUTH_TOKEN_CLASSES",
        "BLACKLIST_AFTER_ROTATION",
        "CHECK_REVOKE_TOKEN",
        "CHECK_USER_IS_ACTIVE",
        "JWK_URL",
        "REVOKE_TOKEN_CLAIM",
        "ROTATE_REFRESH_TOKENS",
        "SLIDING_TOKEN_LIFETIME",
        "SLIDING_TOKEN_OBTAIN_SERIALIZER",
        "SLIDING_TOKEN_REFRESH_EXP_CLAIM",
        "SLIDING_TOKEN_REFRESH_LIFETIME",
        "SLIDING_TOKEN_REFRESH_SERIALIZER",
        "TOKEN_BLACKLIST_SERIALIZER",
        "TOKEN_OBTAIN_SERIALIZER",
        "TOKEN_REFRESH_SERIALIZER",
        "TOKEN_USER_CLASS",
        "TOKEN_VERIFY_SERIALIZER",
        "UPDATE_LAST_LOGIN",
        "USER_AUTHENTICATION_RULE",
    }
)


def configured() -> Mapping[str, Any]:
    """Return the dict of the project."""
    given: Mapping[str, Any] = getattr(settings, "SIMPLE_JWT", {})
    return given


def setting(name: str) -> Any:
    """Return a member of ``SIMPLE_JWT`` or the default for it."""
    given = configured()
    return given[name] if name in given else DEFAULTS[name]
