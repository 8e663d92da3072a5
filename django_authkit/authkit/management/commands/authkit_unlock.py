from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from authkit.core.identity.users import user_named, username_of
from authkit.factors.flows import unlock


class Command(BaseCommand):
    help = "Unlock an account: reset its failed passwords and codes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_named(options["username"])
        if unlock(user):
            self.stdout.write(f"{username_of(user)} is unlocked.")
        else:
            self.stdout.write(f"{username_of(user)} was not locked, and nothing had failed.")
