from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authkit.management.pruning import PRUNABLE, prune

#: Some databases accept at most 32,766 parameters in a statement.
LARGEST_BATCH = 10_000


class Command(BaseCommand):
    help = (
        "Delete expired rows: ended sessions, counters without effect, one-time tokens, "
        "registrations, events older than AUTHKIT['EVENT_RETENTION']. Idempotent, and safe "
        "beside traffic."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch-size", type=int, default=2_000, metavar="ROWS")
        parser.add_argument("--dry-run", action="store_true", help="Only say how many there are.")

    def handle(self, *args: Any, **options: Any) -> None:
        batch_size = options["batch_size"]
        if not 1 <= batch_size <= LARGEST_BATCH:
            raise CommandError(f"--batch-size must be a number from 1 to {LARGEST_BATCH}.")
        for name, table in PRUNABLE.items():
            if options["dry_run"]:
                self.stdout.write(f"{name}: {table.rows().count()} would be deleted")
            else:
                self.stdout.write(f"{name}: {prune(table, batch_size)} deleted")
