"""E004 to E011, E017, W001, W005: ``SIMPLE_JWT`` and the key that it, or SECRET_KEY, signs with."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error

from authkit.checks.settings import no_dict, unknown_keys
from authkit.conf import conf
from authkit.conf.values import is_lifetime
from authkit.conf.written import as_python
from authkit.signing.keys import ALGORITHMS, HMAC_KEY_BYTES, RSA_KEY_BITS
from authkit.signing.simple_jwt import DEFAULTS, UNUSED, configured, setting

#: The prefix of a SECRET_KEY that ``startproject`` generates.
INSECURE_PREFIX = "django-insecure-"

#: In characters, of the issuer or of all audiences: a token has at most 4096.
MAX_NAMES_LENGTH = 1000


def check_signing(**kwargs: Any) -> list[CheckMessage]:
    given: object = configured()
    if not isinstance(given, Mapping):
        return [no_dict("SIMPLE_JWT")]
    return [
        *unknown_keys("SIMPLE_JWT", given, [*DEFAULTS, *UNUSED], "authkit.E004"),
        *_unused(given),
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


def _unused(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for name in sorted(UNUSED.intersection(given)):
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
        value = setting(name)
        if not is_lifetime(value):
            yield Error(
                f"SIMPLE_JWT['{name}'] should be a timedelta from one second to 100 years, "
                f"not {value!r}.",
                hint=f"Write {as_python(DEFAULTS[name])}.",
                id="authkit.E005",
            )

    access, refresh = setting("ACCESS_TOKEN_LIFETIME"), setting("REFRESH_TOKEN_LIFETIME")
    both = is_lifetime(access) and is_lifetime(refresh)
    if both and refresh < access:
        yield Error(
            f"SIMPLE_JWT['REFRESH_TOKEN_LIFETIME'] ({refresh}) is shorter than "
            f"ACCESS_TOKEN_LIFETIME ({access}): no client could refresh in time.",
            hint="Write a longer one, such as timedelta(days=1).",
            id="authkit.E007",
        )


def _wrong_claims() -> Iterator[CheckMessage]:
    issuer, audience = setting("ISSUER"), setting("AUDIENCE")
    if not (issuer is None or (isinstance(issuer, str) and _are_names([issuer]))):
        yield _no_claim(
            "ISSUER",
            "a string that is not empty",
            issuer,
            'Write a name such as "https://auth.example.com", or leave it out.',
        )
    several = audience if isinstance(audience, list | tuple | set) else [audience]
    if not (audience is None or _are_names(several)):
        yield _no_claim(
            "AUDIENCE",
            "a string or a list of strings that are not empty",
            audience,
            'Write a name such as "https://api.example.com", or leave it out.',
        )


def _are_names(names: Collection[Any]) -> bool:
    """Say whether these may be written into each token, which has a longest length."""
    each_is_one = all(isinstance(name, str) and name for name in names)
    return bool(names) and each_is_one and sum(map(len, names)) <= MAX_NAMES_LENGTH


def _no_claim(name: str, expected: str, value: Any, hint: str) -> CheckMessage:
    return Error(
        f"SIMPLE_JWT['{name}'] should be {expected}, or None, not {ascii(value)[:80]}.",
        hint=hint,
        id="authkit.E008",
    )


def _wrong_algorithm() -> Iterator[CheckMessage]:
    algorithm = setting("ALGORITHM")
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
    algorithm = setting("ALGORITHM")
    ring_alone = _has_ring() and "SIGNING_KEY" not in configured()
    if not _is_algorithm(algorithm) or _is_hmac() or ring_alone:
        return
    signature = _signature(algorithm, setting("SIGNING_KEY"))
    if signature is None:
        yield Error(
            f"SIMPLE_JWT['SIGNING_KEY'] is not a private key for {algorithm}.",
            hint=(
                "Set it to the text, not the path, of the PEM file that openssl genpkey writes; "
                "the how-to on asymmetric keys shows it."
            ),
            id="authkit.E010",
        )
    elif setting("VERIFYING_KEY") and not _verifies(algorithm, signature):
        yield Error(
            "SIMPLE_JWT['VERIFYING_KEY'] is not the public key of SIGNING_KEY: every token "
            "would be refused.",
            hint="Set it to the output of: openssl pkey -in private.pem -pubout",
            id="authkit.E011",
        )


def _short_rsa_keys() -> Iterator[CheckMessage]:
    algorithm = setting("ALGORITHM")
    if not _is_algorithm(algorithm):
        return
    for name in ("SIGNING_KEY", "VERIFYING_KEY"):
        bits = _rsa_bits(algorithm, setting(name))
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
        key = verifier.prepare_key(setting("VERIFYING_KEY"))
        return bool(verifier.verify(b"", key, signature))
    except Exception:
        return False


def _is_hmac() -> bool:
    algorithm = setting("ALGORITHM")
    return _is_algorithm(algorithm) and algorithm in HMAC_KEY_BYTES


def _short_hmac_key() -> Iterator[CheckMessage]:
    name, key = _signing_secret()
    if not _is_hmac() or name is None:
        return
    algorithm = setting("ALGORITHM")
    length = _bytes_of(key)
    if length is None or length < HMAC_KEY_BYTES[algorithm]:
        number = "no readable" if length is None else length
        yield Error(
            f"The key that signs tokens, {name}, has {number} bytes; {algorithm} requires at least "
            f"{HMAC_KEY_BYTES[algorithm]} (RFC 7518 section 3.2).",
            hint=(
                f"Set {name} to the output of: "
                "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
            ),
            id="authkit.E006",
        )


def _bytes_of(key: Any) -> int | None:
    """Return the length of a secret; None for what is none, such as text with a lone surrogate."""
    if isinstance(key, bytes):
        return len(key)
    try:
        return len(key.encode()) if isinstance(key, str) else None
    except UnicodeEncodeError:
        return None


def _signing_secret() -> tuple[str | None, Any]:
    """Return the name and the value of the setting whose secret signs, beside no ring."""
    given: object = configured()
    if isinstance(given, Mapping) and "SIGNING_KEY" in given:
        return "SIMPLE_JWT['SIGNING_KEY']", given["SIGNING_KEY"]
    return (None, None) if _has_ring() else ("SECRET_KEY", settings.SECRET_KEY)


def _has_ring() -> bool:
    given: object = conf.user_settings  # another check reports one that is no dict
    return isinstance(given, Mapping) and bool(conf.SIGNING_KEYS)


def _insecure_key() -> Iterator[CheckMessage]:
    name, key = _signing_secret()
    if not isinstance(configured(), Mapping) or name is None:
        return  # check_signing reports the one; a ring signs in the other case
    if _is_hmac() and str(key).startswith(INSECURE_PREFIX):
        yield checks.Warning(
            f"Tokens are signed with a key that starts with '{INSECURE_PREFIX}': every reader of "
            "your repository can log in as any user.",
            hint=(
                f"Set {name} to 50 or more random characters that are kept out of the repository."
            ),
            id="authkit.W001",
        )
