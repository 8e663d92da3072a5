from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from rest_framework.exceptions import APIException

from authkit.core.factors import has_second_factor
from authkit.core.identity.users import AuthUser, user_named, username_of
from authkit.errors import CodeInvalid
from authkit.factors.totp.flows import Setup, confirm, set_up
from authkit.factors.totp.qr import terminal_picture

#: Of the first code. Wrong ones also count against the limits of the account.
TRIES = 3


class Command(BaseCommand):
    help = (
        "Set up an authenticator app for a user who has no second factor, such as the first "
        "superuser: show the QR code, ask for the first code, print the recovery codes, this once."
    )
    stealth_options = ("stdin",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        stdin: TextIO = options.get("stdin") or sys.stdin
        user = user_named(options["username"])
        if has_second_factor(user):
            raise CommandError(HAS_ONE % username_of(user))
        if not (stdin.isatty() and self.stdout.isatty()):
            raise CommandError("Run it in a terminal: it shows a secret, and asks for a code.")
        try:
            codes = self._set_up(user, stdin)
        except KeyboardInterrupt:
            self.stdout.write("")
            raise CommandError("Cancelled: the second factor is not on.") from None
        except APIException as error:
            raise CommandError(str(error.detail)) from None
        self.stdout.write(f"\nThe second factor of {username_of(user)} is on. Recovery codes:\n\n")
        for code in codes:
            self.stdout.write(f"  {code}")
        self.stdout.write("\nEach replaces the app once. Store them: they cannot be shown again.")

    def _set_up(self, user: AuthUser, stdin: TextIO) -> list[str]:
        setup = set_up(user, recent=True)
        self._show(setup)
        for _ in range(TRIES):
            self.stdout.write("Code from the app: ", ending="")
            self.stdout.flush()
            typed = stdin.readline()
            if not typed:
                raise KeyboardInterrupt  # Ctrl-D
            try:
                return confirm(user, None, typed.strip(), setup_id=setup.id)
            except CodeInvalid:
                self.stderr.write(WRONG)
        raise CommandError("The second factor is not on. Run the command again for a new QR code.")

    def _show(self, setup: Setup) -> None:
        picture = terminal_picture(setup.otpauth_url)
        if _has_characters(self.stdout, picture):
            self.stdout.write(f"Scan this picture with an authenticator app:\n\n{picture}\n\n")
        self.stdout.write("The URL of the picture, and its secret, to type into the app:\n\n")
        self.stdout.write(f"  {setup.otpauth_url}\n  {setup.secret}\n\n")


def _has_characters(out: Any, text: str) -> bool:
    try:
        text.encode(getattr(out, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


HAS_ONE = (
    "%s has a second factor already. If it is lost, use a recovery code; or remove it, in the "
    "admin under Authenticator apps, or with authkit.factors.flows.remove_second_factor()."
)
WRONG = (
    "The code is not valid. Type the six digits that the app shows now. The clocks of the phone "
    "and of this machine have to be right."
)
