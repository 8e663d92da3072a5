from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from authkit.core.identity.users import terminal_text
from authkit.core.mail.mailer import render
from authkit.core.mail.samples import SAMPLES


class Command(BaseCommand):
    help = "Print a mail as the templates render it, with sample data; or list the mails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="Which mail. Without it they are listed.")
        part = parser.add_mutually_exclusive_group()
        part.add_argument("--text", action="store_true", help="The text alone.")
        part.add_argument("--html", action="store_true", help="The HTML alone.")
        parser.add_argument("--language", help="A language code, such as de.")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        if name is None:
            self.stdout.write("\n".join(SAMPLES))
            return
        if name not in SAMPLES:
            raise CommandError(f'There is no mail "{terminal_text(name)}": {", ".join(SAMPLES)}.')
        with translation.override(options["language"] or translation.get_language()):
            mail = render(name, SAMPLES[name])
        if options["text"]:
            self.stdout.write(mail.text)
        elif options["html"]:
            self.stdout.write(mail.html)
        else:
            self.stdout.write(f"Subject: {mail.subject}\n\n{mail.text}\n{mail.html}")
