"""The entries of ``AUTHKIT["SIGNING_KEYS"]``: what is written there, and the key that it means."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Any

from authkit.signing.keys import ALGORITHMS, SigningKey, WrongKey, signing_key, weakness

MEMBERS = ("algorithm", "private_key", "public_key", "not_before", "expires_at")


class WrongEntry(ValueError):
    """An entry says no key. The message says what is wrong with it, and shows no secret.

    :param message: what comes after the name of the entry.
    :param hint: what to write.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def read_entry(entry: Any) -> SigningKey:
    """Return the key of an entry.

    :raises WrongEntry: it is none.
    """
    if not isinstance(entry, Mapping):
        raise WrongEntry(
            f"is no dict but a {type(entry).__name__}",
            'Write {"algorithm": "EdDSA", "private_key": {"file": "/run/secrets/signing.pem"}}.',
        )
    _refuse_unknown_members(entry)
    algorithm = _algorithm(entry)
    name, given = _given_key(entry)
    not_before, expires_at = _moments(entry)
    try:
        key = signing_key(
            algorithm, _content(name, given), not_before=not_before, expires_at=expires_at
        )
    except WrongKey as error:
        raise WrongEntry(
            f"has a {name!r} that {error}",
            "Make one with: manage.py authkit_make_signing_key",
        ) from None
    _refuse_unfit(key, name)
    return key


def _refuse_unknown_members(entry: Mapping[str, Any]) -> None:
    for name in entry:
        if name not in MEMBERS:
            raise WrongEntry(f"has no member {name!r}", f"Its members are {', '.join(MEMBERS)}.")


def _algorithm(entry: Mapping[str, Any]) -> str:
    algorithm = entry.get("algorithm")
    if isinstance(algorithm, str) and algorithm in ALGORITHMS:
        return algorithm
    raise WrongEntry(
        f"has the algorithm {algorithm!r}", f"Write one of {', '.join(sorted(ALGORITHMS))}."
    )


def _given_key(entry: Mapping[str, Any]) -> tuple[str, Any]:
    given = [name for name in ("private_key", "public_key") if name in entry]
    if len(given) == 1:
        return given[0], entry[given[0]]
    raise WrongEntry(
        "has two keys" if given else "has no key",
        "Write 'private_key' for a key that signs, or 'public_key' for one that only verifies.",
    )


def _content(name: str, given: Any) -> str | Mapping[str, Any]:
    """Return the PEM text or JWK that the value is or names."""
    if isinstance(given, str) or (isinstance(given, Mapping) and "kty" in given):
        return given
    if isinstance(given, Mapping) and len(given) == 1:
        [(where, place)] = given.items()
        if where == "file" and isinstance(place, str | os.PathLike):
            return _content_of_file(name, Path(place))
        if where == "env" and isinstance(place, str):
            return _content_of_variable(name, place)
    raise WrongEntry(
        f"has a {name!r} that is neither text nor a place",
        'Write the PEM text, a JWK, {"file": "/path"} or {"env": "VARIABLE"}.',
    )


def _content_of_file(name: str, path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise WrongEntry(
            f"has a {name!r} in the file {str(path)!r}, which cannot be read: {reason}",
            "Write a path that the server may read.",
        ) from None


def _content_of_variable(name: str, variable: str) -> str:
    try:
        return os.environ[variable]
    except KeyError:
        raise WrongEntry(
            f"has a {name!r} in the environment variable {variable!r}, which is not set",
            "Set it to the PEM text or the JWK.",
        ) from None


def _moments(entry: Mapping[str, Any]) -> tuple[float, float]:
    not_before = _moment(entry, "not_before", -inf)
    expires_at = _moment(entry, "expires_at", inf)
    if not_before < expires_at:
        return not_before, expires_at
    raise WrongEntry("is never valid", "Write an 'expires_at' after 'not_before'.")


def _moment(entry: Mapping[str, Any], name: str, default: float) -> float:
    value = entry.get(name)
    if value is None:
        return default
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.timestamp()
    raise WrongEntry(
        f"has a {name!r} that is no aware datetime",
        "Write datetime(2030, 1, 31, tzinfo=UTC).",
    )


def _refuse_unfit(key: SigningKey, name: str) -> None:
    weak = weakness(key)
    if weak:
        raise WrongEntry(
            f"has a {name!r} that is too short: it {weak}",
            "Make one with: manage.py authkit_make_signing_key",
        )
    if name == "private_key" and key.secret is None:
        raise WrongEntry("has a public key as 'private_key'", "Write it as 'public_key'.")
    if name == "public_key" and key.secret is not None:
        raise WrongEntry(
            "has a private key as 'public_key'",
            "Write it as 'private_key', or write its public half.",
        )
