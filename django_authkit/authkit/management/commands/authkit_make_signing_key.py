from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authkit.checks.signing_keys import readable_ring
from authkit.conf.written import as_python
from authkit.core import clock
from authkit.signing.generation import NEW_KEY_ALGORITHMS, as_jwk, as_pem, new_key
from authkit.signing.keys import HMAC_KEY_BYTES, SigningKey, signing_key
from authkit.signing.ring import KeyRing
from authkit.signing.schedule import as_words, in_minutes, needed_until, signing_periods

#: A deployment has to reach all servers before one of them signs with the key, and what other
#: services keep of the key set has to run out.
PUBLISHED_FOR_HOURS = 1.0

#: About as long as a ring is planned, so that a mistyped number is noticed.
MAX_HOURS = 24 * 365


class Command(BaseCommand):
    help = (
        "Make a key that signs tokens, and print its entry of AUTHKIT['SIGNING_KEYS']. Without "
        "--file the key alone goes to standard output."
    )
    # It has to run with invalid settings, of which a missing key is one.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--algorithm", choices=NEW_KEY_ALGORITHMS, default="EdDSA")
        parser.add_argument(
            "--file", metavar="PATH", help="Where to write the key, with mode 0600; a new file."
        )
        parser.add_argument(
            "--format", choices=["pem", "jwk"], help="By default pem; of HMAC the bare secret."
        )
        parser.add_argument(
            "--signs-in-hours",
            type=float,
            default=PUBLISHED_FOR_HOURS,
            metavar="HOURS",
            help="How long it is only published before it signs (default: %(default)s).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        algorithm = options["algorithm"]
        begin = _begin(options["signs_in_hours"])
        text = _text(algorithm, options["format"])
        key = signing_key(algorithm, text, not_before=begin.timestamp())
        if options["file"] is None:
            entry = _entry(key, {"env": f"SIGNING_KEY_{begin:%Y_%m_%d}"})
            self.stdout.write(text, ending="" if key.is_hmac else None)
            self.stderr.write(entry, self.style.NOTICE)
        else:
            path = _write_new_file(options["file"], text)
            self.stdout.write(_entry(key, {"file": path}))
        for sentence in _next_steps(key, at_once=not options["signs_in_hours"]):
            self.stderr.write(sentence, self.style.NOTICE)


def _begin(hours: float) -> datetime:
    if not 0 <= hours <= MAX_HOURS:
        raise CommandError(f"--signs-in-hours must be a number from 0 to {MAX_HOURS}.")
    moment = clock.now().timestamp() + hours * 3600
    return datetime.fromtimestamp(moment, UTC).replace(second=0, microsecond=0)


def _text(algorithm: str, form: str | None) -> str:
    if algorithm in HMAC_KEY_BYTES and form == "pem":
        raise CommandError(f"A key for {algorithm} has no PEM form: omit --format, or write jwk.")
    key = new_key(algorithm)
    return as_jwk(algorithm, key) if form == "jwk" else as_pem(key)


def _write_new_file(path: str, text: str) -> str:
    """Write a file that only its owner may read, and return its absolute path.

    :raises CommandError: there is one already, or it cannot be written.
    """
    try:
        # O_EXCL: neither a file is overwritten nor a symbolic link followed.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandError(
            f"{path!r} exists, and is never overwritten: name a new file with --file."
        ) from None
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        os.unlink(path)  # half a key is none
        raise _unwritable(path, error) from None
    return os.path.abspath(path)


def _unwritable(path: str, error: OSError | ValueError) -> CommandError:
    reason = error.strerror if isinstance(error, OSError) else "no file has such a path"
    return CommandError(f"{path!r} cannot be written: {reason}.")


def _entry(key: SigningKey, place: dict[str, str]) -> str:
    """Return the entry as code, indented as in a list."""
    [(where, name)] = place.items()
    return (
        "{\n"
        f'    "algorithm": {as_python(key.algorithm)},\n'
        f'    "private_key": {{"{where}": {as_python(name)}}},\n'
        f'    "not_before": {as_python(in_minutes(key.not_before))},\n'
        "},"
    )


def _next_steps(key: SigningKey, *, at_once: bool) -> Iterator[str]:
    yield f"Its kid is {key.kid}."
    deadline = _deadline(key, at_once)
    yield f"Add the entry to AUTHKIT['SIGNING_KEYS'], and deploy it to all servers{deadline}"
    ring = readable_ring()
    yield _old_key(key, ring) if ring else _ANY_OLD_KEY
    if at_once:
        yield "If the old key has leaked, remove it instead: all users log in again."
    yield "manage.py authkit_rotate_keys says what is due, and when."


def _deadline(key: SigningKey, at_once: bool) -> str:
    if at_once:
        return " together: those without it refuse the tokens that the others sign with it."
    return f" before {as_words(key.not_before)}: then it begins to sign."


_ANY_OLD_KEY = (
    "Keep the entry of the key that signs until then, with an 'expires_at' that is "
    "SIMPLE_JWT['REFRESH_TOKEN_LIFETIME'] later: so long the tokens live that it signed."
)


def _old_key(key: SigningKey, ring: KeyRing) -> str:
    """Say what to do with the key that signs before the new one does."""
    old = _predecessor(key, ring)
    end = needed_until(key.not_before)
    if old is None:
        return "No other key signs when it begins to, so there is none to keep."
    if old.source.startswith("SECRET_KEY"):
        return (
            "There is nothing to keep: the key that is derived from SECRET_KEY signs until then, "
            f"and verifies its tokens until {as_words(end)}."
        )
    if old.source.startswith("SIMPLE_JWT"):
        return (
            f"Keep {old.source} until {as_words(end)}, when the tokens have expired that it signed."
        )
    return (
        f"Keep {old.source}, and add 'expires_at': {as_python(in_minutes(end))} to it: then the "
        "tokens have expired that it signed."
    )


def _predecessor(key: SigningKey, ring: KeyRing) -> SigningKey | None:
    after = KeyRing([key, *ring.keys])
    signers = [old for old in ring.keys if old.secret is not None]
    ends = {old: [period.end for period in signing_periods(old, after)] for old in signers}
    return next((old for old in signers if key.not_before in ends[old]), None)
