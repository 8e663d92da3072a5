"""``manage.py authkit_audit_schema``: does the OpenAPI document say what the views enforce?"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from authkit.schema.audit import Report, SchemaNotMade, audit
from authkit.schema.findings import Severity
from authkit.schema.reporters import REPORTERS
from authkit.schema.rules import find_rule

FOUND, WRONG_USAGE, NO_SCHEMA = 1, 2, 3
LEVELS = {severity.label: severity for severity in Severity}


class Command(BaseCommand):
    help = (
        "Compare the security of every operation in the OpenAPI document with what its view "
        "enforces. Sends no request, runs no handler, executes no SQL. Exit status: 0 clean, "
        "1 findings, 2 wrong usage, 3 no schema could be made."
    )
    # A project with failing checks still wants to know what its document says.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=sorted(REPORTERS), default="text")
        parser.add_argument("--urlconf", help="Dotted path of a URLconf; default: ROOT_URLCONF.")
        parser.add_argument("--api-version", help="The version of a versioned API to audit.")
        parser.add_argument(
            "--fail-level",
            choices=sorted(LEVELS),
            default="error",
            help="The severity from which findings end in exit status 1; default: error.",
        )
        parser.add_argument("--explain", metavar="RULE", help="Show the page of a rule, as AK301.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["explain"]:
            self.stdout.write(page(options["explain"]))
            return
        # What the project prints while it is being looked at is not part of the report.
        with redirect_stdout(sys.stderr):
            report = make_report(options["urlconf"], options["api_version"])
        self.stdout.write(REPORTERS[options["format"]](report))
        if report.reaches(LEVELS[options["fail_level"]]):
            sys.exit(FOUND)


def page(rule_id: str) -> str:
    rule = find_rule(rule_id)
    if rule is None:
        raise CommandError(f'There is no rule "{rule_id}".', returncode=WRONG_USAGE)
    return f"{rule.title}\n\n{rule.page.strip()}"


def make_report(urlconf: str | None, api_version: str | None) -> Report:
    if urlconf is not None:
        require_module(urlconf)
    try:
        return audit(urlconf=urlconf, api_version=api_version)
    except SchemaNotMade as error:
        raise CommandError(f"No schema to audit: {error}", returncode=NO_SCHEMA) from None


def require_module(urlconf: str) -> None:
    """Tell a mistyped name from a URLconf that exists and fails; the latter is not wrong usage."""
    try:
        import_module(urlconf)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{urlconf}.".startswith(f"{error.name}."):
            message = f'There is no URLconf "{urlconf}".'
            raise CommandError(message, returncode=WRONG_USAGE) from None
    except Exception:  # noqa: S110 (told again, with its cause, when the schema is made)
        pass
