"""The entries of ``AUTHKIT["SIGNING_KEYS"]``: what is written there, and the key that it means."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from math import inf
from pathlib import Path
from stat import S_ISREG
from typing import Any

from authkit.signing.keys import ALGORITHMS, SigningKey, WrongKey, signing_key, weakness

MEMBERS = ("algorithm", "private_key", "public_key", "not_before", "expires_at")

#: The maximum bytes of a file with a key. A PEM text of RSA with 16,384 bits has 12,800.
MAX_FILE_BYTES = 65_536

#: What a message may quote. A key that was written in the place of a name matches none of them.
NAME = r"[\w.-]{1,20}"
VARIABLE = r"[A-Z_][A-Z0-9_]{0,63}"
PATH = r"(?=.{1,255}\Z)(/.*|.*\.\w{1,5})"


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
            'Write the text of a PEM file that is not encrypted, a JWK, or {"file": "/path"}. '
            "A new key: manage.py authkit_make_signing_key",
        ) from None
    _refuse_unfit(key, name)
    return key


def _refuse_unknown_members(entry: Mapping[str, Any]) -> None:
    for name in entry:
        if name not in MEMBERS:
            close = get_close_matches(str(name), MEMBERS, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(MEMBERS)}."
            raise WrongEntry(f"has no member {_quoted(name, NAME)}", hint)


def _algorithm(entry: Mapping[str, Any]) -> str:
    algorithm = entry.get("algorithm")
    if isinstance(algorithm, str) and algorithm in ALGORITHMS:
        return algorithm
    raise WrongEntry(
        f"has the algorithm {_quoted(algorithm, NAME)}",
        f"Write one of {', '.join(sorted(ALGORITHMS))}.",
    )


def _quoted(value: Any, pattern: str) -> str:
    """Return a name for a message; what does not look like one may be a secret."""
    is_name = value is None or (isinstance(value, str) and re.fullmatch(pattern, value))
    return repr(value) if is_name else "(not shown)"


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
        return _text_of(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        reason = "it is no text"
    except ValueError:
        reason = "no file has such a path"
    raise WrongEntry(
        f"has a {name!r} in the file {_quoted(str(path), PATH)}, which cannot be read: {reason}",
        "Write the path of a PEM file or JWK that the server may read.",
    )


def _text_of(path: Path) -> str:
    """Return the text of a file without its last line end, which is no part of a secret.

    :raises OSError: it cannot be read, or is no regular file: reading could block or never end.
    :raises ValueError: it is no text, or no path.
    """
    status = path.stat()
    if not S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    if status.st_size > MAX_FILE_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MAX_FILE_BYTES} bytes")
    return path.read_text(encoding="utf-8").rstrip("\r\n")


def _content_of_variable(name: str, variable: str) -> str:
    try:
        return os.environ[variable]
    except (KeyError, ValueError):  # not set; no name at all (NUL)
        raise WrongEntry(
            f"has a {name!r} in the environment variable {_quoted(variable, VARIABLE)}, "
            "which is not set",
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
    if isinstance(value, datetime) and value.utcoffset() is not None:
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
