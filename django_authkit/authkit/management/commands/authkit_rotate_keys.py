from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authkit.checks.signing_keys import check_key_ring, check_signing_keys, readable_ring
from authkit.core.crypto import current_key_id
from authkit.factors.totp.reencryption import reencrypt
from authkit.management.secret_key import carry_over_names
from authkit.management.signing_keys import report


class Command(BaseCommand):
    help = (
        "Re-encrypt every TOTP secret under the first of AUTHKIT['ENCRYPTION_KEYS'], carry over "
        "to SECRET_KEY what SECRET_KEY_FALLBACKS name, and say what is due for the keys that sign "
        "tokens. Idempotent, and safe beside traffic."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch-size", type=int, default=500, metavar="ROWS")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be a number above 0.")
        if settings.SECRET_KEY_FALLBACKS:
            self.stdout.write(f"{carry_over_names()} names carried over to SECRET_KEY.")
        done = reencrypt(options["batch_size"])
        self.stdout.write(f"{done.changed} encrypted anew under key '{current_key_id()}'.")
        self._report_signing_keys()
        if done.failed:
            raise CommandError(
                f"{done.failed} cannot be decrypted by any key: put the key that they need back "
                "into AUTHKIT['ENCRYPTION_KEYS'] (or SECRET_KEY_FALLBACKS) and run this again."
            )

    def _report_signing_keys(self) -> None:
        ring = readable_ring()
        for line in report(ring) if ring else ():
            self.stdout.write(line)
        if ring is None:
            self.stderr.write("The keys that sign cannot be read: manage.py check says why.")
        for message in [*check_signing_keys(), *check_key_ring()]:
            if not message.is_silenced():
                self.stderr.write(f"{message.msg} {message.hint}")
