"""E004 to E011, E017, W001, W005: ``SIMPLE_JWT`` and the keys that sign tokens."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from jwt.algorithms import get_default_algorithms
from rest_framework_simplejwt.backends import ALLOWED_ALGORITHMS
from rest_framework_simplejwt.settings import DEFAULTS as SIMPLE_JWT_DEFAULTS

from authkit.checks.settings import no_dict, unknown_keys
from authkit.conf.values import is_positive_timedelta
from authkit.conf.written import as_python
from authkit.sessions import tokens

#: The minimum bytes of an HMAC key (RFC 7518 section 3.2).
HMAC_KEY_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}

#: The minimum bits of an RSA key (RFC 7518 section 3.3).
RSA_KEY_BITS = 2048

#: Signing algorithms by name, without "none" (RFC 8725 section 3.2).
ALGORITHMS = {
    name: algorithm
    for name, algorithm in get_default_algorithms().items()
    if name in ALLOWED_ALGORITHMS
}

#: The prefix of a SECRET_KEY that ``startproject`` generates.
INSECURE_PREFIX = "django-insecure-"


#: Settings that other parts of SimpleJWT read, and authkit does not.
UNUSED = {
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


def check_signing(**kwargs: Any) -> list[CheckMessage]:
    configured: object = getattr(settings, "SIMPLE_JWT", {})
    if not isinstance(configured, Mapping):
        return [no_dict("SIMPLE_JWT")]
    return [
        *unknown_keys("SIMPLE_JWT", configured, SIMPLE_JWT_DEFAULTS, "authkit.E004"),
        *_unused(configured),
        *_wrong_lifetimes(),
        *_wrong_claims(),
        *_wrong_algorithm(),
        *_short_hmac_key(),
        *_wrong_key_pair(),
        *_short_rsa_keys(),
    ]


def check_secrecy(**kwargs: Any) -> list[CheckMessage]:
    """Return a warning if the key that signs tokens is not secret."""
    return [*_insecure_key()]


def _unused(configured: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for name in sorted(UNUSED.intersection(configured)):
        yield checks.Warning(
            f"SIMPLE_JWT['{name}'] changes nothing: authkit does not read it.",
            hint=(
                "Remove it. If views of SimpleJWT itself still need it, put 'authkit.W005' into "
                "SILENCED_SYSTEM_CHECKS."
            ),
            id="authkit.W005",
        )


def _wrong_lifetimes() -> Iterator[CheckMessage]:
    for name in ("ACCESS_TOKEN_LIFETIME", "REFRESH_TOKEN_LIFETIME"):
        value = tokens.setting(name)
        if not is_positive_timedelta(value):
            yield Error(
                f"SIMPLE_JWT['{name}'] should be a timedelta above zero, not {value!r}.",
                hint=f"Write {as_python(tokens.default(name))}.",
                id="authkit.E005",
            )

    access, refresh = tokens.access_lifetime(), tokens.idle_lifetime()
    both = is_positive_timedelta(access) and is_positive_timedelta(refresh)
    if both and refresh < access:
        yield Error(
            f"SIMPLE_JWT['REFRESH_TOKEN_LIFETIME'] ({refresh}) is shorter than "
            f"ACCESS_TOKEN_LIFETIME ({access}): no client could refresh in time.",
            hint="Write a longer one, such as timedelta(days=1).",
            id="authkit.E007",
        )


def _wrong_claims() -> Iterator[CheckMessage]:
    issuer, audience = tokens.setting("ISSUER"), tokens.setting("AUDIENCE")
    if not (issuer is None or isinstance(issuer, str)):
        yield _no_claim(
            "ISSUER", "a string", issuer, 'Write a name such as "https://auth.example.com".'
        )
    several = isinstance(audience, list | tuple | set) and audience
    if not (
        audience is None
        or isinstance(audience, str)
        or (several and all(isinstance(each, str) for each in audience))
    ):
        expected = "a string or a list of strings"
        yield _no_claim(
            "AUDIENCE", expected, audience, 'Write a name such as "https://api.example.com".'
        )


def _no_claim(name: str, expected: str, value: Any, hint: str) -> CheckMessage:
    return Error(
        f"SIMPLE_JWT['{name}'] should be {expected}, or None, not {value!r}.",
        hint=hint,
        id="authkit.E008",
    )


def _wrong_algorithm() -> Iterator[CheckMessage]:
    algorithm = tokens.setting("ALGORITHM")
    if not _is_algorithm(algorithm):
        yield Error(
            f"SIMPLE_JWT['ALGORITHM'] should be one of {', '.join(sorted(ALGORITHMS))}, "
            f"not {algorithm!r}.",
            hint='Write "HS256", or "ES256" for tokens that other services verify.',
            id="authkit.E009",
        )


def _is_algorithm(algorithm: Any) -> bool:
    return isinstance(algorithm, str) and algorithm in ALGORITHMS


def _wrong_key_pair() -> Iterator[CheckMessage]:
    algorithm = tokens.setting("ALGORITHM")
    if not _is_algorithm(algorithm) or _is_hmac():
        return
    signature = _signature(algorithm, tokens.setting("SIGNING_KEY"))
    if signature is None:
        yield Error(
            f"SIMPLE_JWT['SIGNING_KEY'] is not a private key for {algorithm}.",
            hint=(
                "Set it to the text, not the path, of the PEM file that openssl genpkey writes; "
                "the how-to on asymmetric keys shows it."
            ),
            id="authkit.E010",
        )
    elif not tokens.setting("JWK_URL") and not _verifies(algorithm, signature):
        yield Error(
            "SIMPLE_JWT['VERIFYING_KEY'] is not the public key of SIGNING_KEY: every token "
            "would be refused.",
            hint="Set it to the output of: openssl pkey -in private.pem -pubout",
            id="authkit.E011",
        )


def _short_rsa_keys() -> Iterator[CheckMessage]:
    algorithm = tokens.setting("ALGORITHM")
    if not _is_algorithm(algorithm):
        return
    for name in ("SIGNING_KEY", "VERIFYING_KEY"):
        bits = _rsa_bits(algorithm, tokens.setting(name))
        if bits is not None and bits < RSA_KEY_BITS:
            yield Error(
                f"SIMPLE_JWT['{name}'] is an RSA key of {bits} bits; {algorithm} requires at least "
                f"{RSA_KEY_BITS} (RFC 7518 section 3.3).",
                hint=(
                    "Make a key with: openssl genpkey -algorithm RSA -pkeyopt "
                    "rsa_keygen_bits:3072 -out private.pem"
                ),
                id="authkit.E017",
            )


def _rsa_bits(algorithm: str, key: Any) -> int | None:
    """Return the size of an RSA key; None if it is none, or cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of what this check refuses
        try:
            prepared = ALGORITHMS[algorithm].prepare_key(key)
        except Exception:  # the library raises various errors for an invalid key
            return None
    return prepared.key_size if isinstance(prepared, RSAPrivateKey | RSAPublicKey) else None


def _signature(algorithm: str, key: Any) -> bytes | None:
    signer = ALGORITHMS[algorithm]
    try:
        return signer.sign(b"", signer.prepare_key(key))
    except Exception:  # the library raises various errors for an invalid key
        return None


def _verifies(algorithm: str, signature: bytes) -> bool:
    verifier = ALGORITHMS[algorithm]
    try:
        key = verifier.prepare_key(tokens.setting("VERIFYING_KEY"))
        return bool(verifier.verify(b"", key, signature))
    except Exception:
        return False


def _is_hmac() -> bool:
    algorithm = tokens.setting("ALGORITHM")
    return _is_algorithm(algorithm) and algorithm in HMAC_KEY_BYTES


def _short_hmac_key() -> Iterator[CheckMessage]:
    if not _is_hmac():
        return
    algorithm = tokens.setting("ALGORITHM")
    key = tokens.setting("SIGNING_KEY")
    length = len(key if isinstance(key, bytes) else str(key).encode())
    if length < HMAC_KEY_BYTES[algorithm]:
        yield Error(
            f"The key that signs tokens has {length} bytes; {algorithm} requires at least "
            f"{HMAC_KEY_BYTES[algorithm]} (RFC 7518 section 3.2).",
            hint=(
                "Set SIMPLE_JWT['SIGNING_KEY'] (by default it is SECRET_KEY) to the output of: "
                "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
            ),
            id="authkit.E006",
        )


def _insecure_key() -> Iterator[CheckMessage]:
    configured: object = getattr(settings, "SIMPLE_JWT", {})
    if not isinstance(configured, Mapping):
        return  # check_signing reports it
    key = tokens.setting("SIGNING_KEY")
    if _is_hmac() and str(key).startswith(INSECURE_PREFIX):
        yield checks.Warning(
            f"Tokens are signed with a key that starts with '{INSECURE_PREFIX}': every reader of "
            "your repository can log in as any user.",
            hint=(
                "Set SECRET_KEY, or SIMPLE_JWT['SIGNING_KEY'], to 50 or more random characters "
                "that are kept out of the repository."
            ),
            id="authkit.W001",
        )
