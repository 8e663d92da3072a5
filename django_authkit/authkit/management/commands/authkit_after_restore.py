from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authkit.core import clock
from authkit.core.db.stale import Stale
from authkit.management import restored
from authkit.management.commands.authkit_prune import LARGEST_BATCH


class Command(BaseCommand):
    help = (
        "After a backup was restored: end all sessions, links, codes and, if you say so, API keys "
        "that may have been ended or spent since it was taken. Idempotent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before",
            type=_moment,
            metavar="TIME",
            help="Spare what is newer than this, such as 2027-01-31T09:00:00+01:00: when the "
            "restored database took traffic again. Without it, all ends.",
        )
        parser.add_argument(
            "--revoke-api-keys",
            action="store_true",
            help="Revoke all API keys, instead of listing them.",
        )
        parser.add_argument(
            "--keep-recovery-codes",
            action="store_true",
            help="Keep the recovery codes, of which some may have been used since.",
        )
        parser.add_argument("--batch-size", type=int, default=500, metavar="ROWS")
        parser.add_argument("--dry-run", action="store_true", help="Only say how many there are.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["batch_size"] <= LARGEST_BATCH:
            raise CommandError(f"--batch-size must be a number from 1 to {LARGEST_BATCH}.")
        for stale in restored.all_stale():
            if stale is restored.API_KEYS and not options["revoke_api_keys"]:
                self._list_keys(options["before"])
            elif stale.name != "recovery codes" or not options["keep_recovery_codes"]:
                self._end(stale, options)

    def _end(self, stale: Stale, options: dict[str, Any]) -> None:
        before = options["before"]
        if options["dry_run"]:
            number = stale.rows(before).count()
            self.stdout.write(f"{stale.name}: {number} would be {stale.participle}")
        else:
            number = restored.end_stale(stale, before, options["batch_size"])
            self.stdout.write(f"{stale.name}: {number} {stale.participle}")

    def _list_keys(self, before: datetime | None) -> None:
        keys = restored.API_KEYS.rows(before).select_related("owner").order_by("pk")
        self.stdout.write(f"API keys: {keys.count()} work, revoked since or not")
        for key in keys.iterator():
            owner = "no owner" if key.owner is None else key.owner.get_username()
            self.stdout.write(f"  {key.prefix}  {key.name}  ({owner})")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no time of ISO 8601.") from None
    if moment.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} says no time zone: add +00:00, or yours.")
    before = clock.at(moment.timestamp())
    if before > clock.now():
        raise ArgumentTypeError(f"{text!r} is in the future.")
    return before
