from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from authkit.core.crypto import current_key_id, key_id_of
from authkit.errors import SecondFactorUnavailable
from authkit.factors.totp.models import TOTPDevice


@dataclass(frozen=True, slots=True)
class Reencryption:
    """How many secrets were encrypted anew, and how many no key opens."""

    changed: int
    failed: int


def reencrypt(batch_size: int) -> Reencryption:
    """Encrypt every secret under the current key, a batch at a time, while requests go on.

    A row that changes in between (its user sets up another app) is left as it has become.
    """
    changed = failed = 0
    present = current_key_id()
    for device in _in_batches(batch_size):
        if key_id_of(device.sealed_secret) == present:
            continue
        try:
            changed += _reencrypt(device)
        except SecondFactorUnavailable:
            failed += 1
    return Reencryption(changed, failed)


def _reencrypt(device: TOTPDevice) -> int:
    before = device.sealed_secret
    device.seal(device.unseal())
    unchanged = TOTPDevice.objects.filter(pk=device.pk, sealed_secret=before)
    return int(unchanged.update(sealed_secret=device.sealed_secret))


def _in_batches(size: int) -> Iterator[TOTPDevice]:
    # All of them: to SQLite and MariaDB, ids that differ in case begin alike.
    last = 0
    while batch := list(TOTPDevice.objects.filter(pk__gt=last).order_by("pk")[:size]):
        yield from batch
        last = batch[-1].pk
