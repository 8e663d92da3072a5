from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from authkit.api_keys.models import APIKey
from authkit.core import clock
from authkit.core.identity.users import terminal_text, user_named
from authkit.events.flows import record


class Command(BaseCommand):
    help = "Create an API key and print it, this once. Only the key goes to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="What the key is for; at most 50 characters.")
        acts_for = parser.add_mutually_exclusive_group()
        acts_for.add_argument("--owner", help="User name of the user whom the key acts for.")
        acts_for.add_argument(
            "--group", help="Name of the group whose permissions a key without an owner has."
        )
        parser.add_argument(
            "--expires-in-days", type=float, metavar="DAYS", help="Without it, it does not expire."
        )
        parser.add_argument(
            "--scope", action="append", default=[], help="What the key may do; can be repeated."
        )
        parser.add_argument(
            "--network",
            action="append",
            default=[],
            help="From where it may be used, such as 192.0.2.0/24; can be repeated.",
        )
        parser.add_argument("--rate", default="", help="How often, such as 1000/hour.")

    def handle(self, *args: Any, **options: Any) -> None:
        api_key = APIKey(
            name=terminal_text(options["name"]),
            owner=None if options["owner"] is None else user_named(options["owner"]),
            group=None if options["group"] is None else _group_named(options["group"]),
            scopes=map(terminal_text, options["scope"]),
            rate=terminal_text(options["rate"]),
            expiry_date=_expiry_date(options["expires_in_days"]),
        )
        _bind(api_key, options["network"])
        try:
            api_key.check_new()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        key = APIKey.objects.insert(api_key)
        record("api_key_created", user=api_key.owner_id, api_key=api_key.pk, scopes=api_key.scopes)
        self.stderr.write("Copy the key now: it is not stored and cannot be shown again.")
        self.stdout.write(key)


def _group_named(name: str) -> Group:
    try:
        return Group.objects.get(name=terminal_text(name))
    except Group.DoesNotExist:
        raise CommandError(f'There is no group "{name}".') from None


def _bind(api_key: APIKey, networks: list[str]) -> None:
    try:
        api_key.allowed_networks = networks
    except ValueError as error:
        raise CommandError(f"--network must be a network in CIDR notation: {error}.") from None


def _expiry_date(days: float | None) -> datetime | None:
    if days is None:
        return None
    if days <= 0:
        raise CommandError("--expires-in-days must be a number above 0.")
    try:
        return clock.now() + timedelta(days=days)
    except (OverflowError, ValueError):
        raise CommandError("--expires-in-days is too far away to be a date.") from None
