"""E020 to E023, W018 to W022: the keys of ``AUTHKIT["SIGNING_KEYS"]``, and when they sign."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from datetime import timedelta
from math import inf, isfinite
from typing import Any

from django.core import checks
from django.core.checks import ERROR, CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from authkit.checks.signing import check_signing
from authkit.conf import Settings, conf
from authkit.conf.written import as_python
from authkit.core import clock
from authkit.signing import schedule
from authkit.signing.entries import WrongEntry, read_entry
from authkit.signing.keys import HMAC_KEY_BYTES, SigningKey
from authkit.signing.ring import KeyRing, longest_lifetime, read_ring
from authkit.signing.simple_jwt import configured, setting

#: How long before the last key ends W018 says so, or the lifetime of a token if that is longer.
NOTICE = timedelta(days=30)

NEW_KEY = "Add a key: manage.py authkit_make_signing_key"


def check_signing_keys(**kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with each key, and with the moment at which they are checked."""
    return [
        *_wrong_leeway(),
        *_wrong_entries(),
        *_repeated_keys(),
        *_silence(),
        *_idle_algorithm(),
    ]


def check_key_ring(**kwargs: Any) -> list[CheckMessage]:
    """Return warnings of what will go wrong with the keys, or could."""
    return [*_coming_silence(), *_short_overlaps(), *_unnamed_issuer(), *_open_files()]


def readable_ring() -> KeyRing | None:
    """Return the key ring; None if the settings say none, which other checks report."""
    if not _are_dicts() or any(message.level >= ERROR for message in check_signing()):
        return None
    try:
        return read_ring()
    except ImproperlyConfigured:
        return None


def _are_dicts() -> bool:
    given: tuple[object, ...] = (conf.user_settings, configured())
    return all(isinstance(one, Mapping) for one in given) and Settings.SIGNING_KEYS.is_right(
        conf.SIGNING_KEYS
    )


def _readable_ring_with_entries() -> KeyRing | None:
    return readable_ring() if _are_dicts() and conf.SIGNING_KEYS else None


def _entries() -> Iterator[tuple[str, Any]]:
    if _are_dicts():
        for number, entry in enumerate(conf.SIGNING_KEYS):
            yield f"AUTHKIT['SIGNING_KEYS'][{number}]", entry


def _right_entries() -> Iterator[tuple[str, Any, SigningKey]]:
    for name, entry in _entries():
        try:
            yield name, entry, read_entry(entry)
        except WrongEntry:
            continue  # E020


def _wrong_entries() -> Iterator[CheckMessage]:
    for name, entry in _entries():
        try:
            read_entry(entry)
        except WrongEntry as error:
            yield Error(f"{name} {error}.", hint=error.hint, id="authkit.E020")


def _repeated_keys() -> Iterator[CheckMessage]:
    known: dict[str, str] = {}
    for name, _, key in _right_entries():
        first = known.setdefault(key.kid, name)
        if first != name:
            yield Error(
                f"{name} is the key of {first} again.",
                hint="Remove one of them. A key has one algorithm (RFC 8725 section 3.1).",
                id="authkit.E021",
            )


def _silence() -> Iterator[CheckMessage]:
    ring = _readable_ring_with_entries()
    if ring and schedule.silence(ring) <= clock.now().timestamp():
        yield Error(
            "No key of AUTHKIT['SIGNING_KEYS'] signs now: log-in and refresh answer 503.",
            hint=f"{NEW_KEY} --signs-in-hours 0",
            id="authkit.E022",
        )


def _wrong_leeway() -> Iterator[CheckMessage]:
    if not isinstance(configured(), Mapping):
        return
    leeway = setting("LEEWAY")
    if not (leeway is None or _is_leeway(leeway)):
        yield Error(
            "SIMPLE_JWT['LEEWAY'] should be a number of seconds from 0 up, or a timedelta, not "
            f"{leeway!r}.",
            hint="Write 0, or timedelta(seconds=30).",
            id="authkit.E023",
        )


def _is_leeway(value: Any) -> bool:
    if isinstance(value, timedelta):
        return value >= timedelta(0)
    return type(value) in (int, float) and isfinite(value) and value >= 0


def _idle_algorithm() -> Iterator[CheckMessage]:
    ring = _readable_ring_with_entries()
    if ring is None or "ALGORITHM" not in configured() or "SIGNING_KEY" in configured():
        return
    if setting("ALGORITHM") not in HMAC_KEY_BYTES or not _derived_keys_verify(ring):
        yield checks.Warning(
            "SIMPLE_JWT['ALGORITHM'] changes nothing: each of AUTHKIT['SIGNING_KEYS'] has its own.",
            hint="Remove it.",
            id="authkit.W020",
        )


def _derived_keys_verify(ring: KeyRing) -> bool:
    now = clock.now().timestamp()
    return any(key.source.startswith("SECRET_KEY") and key.expires_at > now for key in ring.keys)


def _coming_silence() -> Iterator[CheckMessage]:
    ring = _readable_ring_with_entries()
    if ring is None:
        return
    begins = schedule.silence(ring)
    if 0 < begins - clock.now().timestamp() < max(NOTICE, longest_lifetime()).total_seconds():
        yield checks.Warning(
            f"No key signs from {schedule.as_words(begins)} on: log-in and refresh will answer "
            "503, and the tokens of the last key are refused.",
            hint=f"{NEW_KEY}. Give the present one a later 'expires_at', or none.",
            id="authkit.W018",
        )


def _short_overlaps() -> Iterator[CheckMessage]:
    ring = _readable_ring_with_entries()
    for key in ring.keys if ring else ():
        end = _end_of_signing(key, ring) if ring else inf
        alive = end + longest_lifetime().total_seconds()
        if clock.now().timestamp() < key.expires_at < alive < inf:
            keep = schedule.in_minutes(schedule.needed_until(end))
            yield checks.Warning(
                f"{key.source} expires at {schedule.as_words(key.expires_at)}, before the tokens "
                f"that it signs until {schedule.as_words(end)}: their users will have to log in "
                "again.",
                hint=f"Write 'expires_at': {as_python(keep)}, or a later one.",
                id="authkit.W019",
            )


def _end_of_signing(key: SigningKey, ring: KeyRing) -> float:
    """Return when another key begins to sign instead of this one; infinity if none does."""
    periods = schedule.signing_periods(key, ring) if key.secret is not None else []
    end = periods[-1].end if periods else inf
    return inf if end == schedule.silence(ring) else end  # W018


def _unnamed_issuer() -> Iterator[CheckMessage]:
    if not any(key.secret is not None and not key.is_hmac for _, _, key in _right_entries()):
        return
    missing = [name for name in ("ISSUER", "AUDIENCE") if not configured().get(name)]
    if missing:
        yield checks.Warning(
            f"SIMPLE_JWT has no {' and no '.join(map(repr, missing))}: other services that verify "
            "tokens cannot tell who issued one, and for whom.",
            hint=(
                'Write URLs such as "https://api.example.com". Tokens without them are refused '
                "from then on, so all users log in again."
            ),
            id="authkit.W021",
        )


def _open_files() -> Iterator[CheckMessage]:
    for name, entry, _ in _right_entries():
        path = _file_of(entry.get("private_key"))
        if path is not None and os.stat(path).st_mode & stat.S_IRWXO:
            yield checks.Warning(
                f"The file of {name} is open to every user of the machine.",
                hint=(
                    "chmod 600, or 440 where the server reads it as a member of the group; in "
                    "Kubernetes defaultMode: 0440, in Compose mode: 0440."
                ),
                id="authkit.W022",
            )


def _file_of(given: Any) -> str | os.PathLike[str] | None:
    is_place = isinstance(given, Mapping) and "kty" not in given  # a JWK may have any member
    return given.get("file") if is_place else None
