from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from authkit.api_keys.models import APIKey
from authkit.core import clock
from authkit.core.users import terminal_text, user_named


class Command(BaseCommand):
    help = "Make an API key and print it, this once. Nothing but the key goes to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="What the key is for; at most 50 characters.")
        parser.add_argument("--owner", help="User name of the user whom the key acts for.")
        parser.add_argument(
            "--expires-in-days", type=float, metavar="DAYS", help="Without it, it does not expire."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        api_key = APIKey(
            name=terminal_text(options["name"]),
            owner=None if options["owner"] is None else user_named(options["owner"]),
            expiry_date=_expiry_date(options["expires_in_days"]),
        )
        key = APIKey.objects.assign_key(api_key)
        try:
            api_key.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        api_key.save()
        self.stderr.write("Copy the key now: it is not stored and cannot be shown again.")
        self.stdout.write(key)


def _expiry_date(days: float | None) -> datetime | None:
    if days is None:
        return None
    if days <= 0:
        raise CommandError("--expires-in-days wants a number above 0.")
    try:
        return clock.now() + timedelta(days=days)
    except (OverflowError, ValueError):
        raise CommandError("--expires-in-days is too far away to be a date.") from None
