"""``manage.py authkit_audit_schema``: does the OpenAPI document say what the views enforce?"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentTypeError, _ArgumentGroup
from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from authkit.schema.audit.changed import compared
from authkit.schema.audit.explain import explain_operation, explain_rule
from authkit.schema.audit.run import audit, choose_rules, no_audit, update_verdicts
from authkit.schema.audit.undecided import HALF, Limit, WrongLimit
from authkit.schema.hooks import fix_document
from authkit.schema.model.source import NothingDecided, SchemaNotMade, Source, WrongUsage
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.reporters import FORMATS, reporter
from authkit.schema.reporters.as_text import coloured
from authkit.schema.reporters.comment import render as comment
from authkit.schema.results.findings import Severity
from authkit.schema.results.report import Report
from authkit.schema.sandbox.answers import describe, host_errors
from authkit.schema.sandbox.output import diverted_output

FOUND, WRONG_USAGE, NO_SCHEMA = 1, 2, 3
LEVELS = {severity.label: severity for severity in Severity}
STDOUT = "-"


class Command(BaseCommand):
    help = (
        "Compare the security of every operation in the OpenAPI document with what its view "
        "enforces. Exit status: 0 clean, 1 findings, 2 wrong usage, 3 no schema could be made or "
        "too much is undecided."
    )
    # A project with failing checks can still audit its document.
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        # What settings and apps printed while manage.py started is no part of the report.
        with diverted_output():
            if sys.__stdout__ is not None:
                sys.__stdout__.flush()
        super().run_from_argv(argv)

    def add_arguments(self, parser: CommandParser) -> None:
        add_source_options(parser.add_argument_group("what is audited"))
        add_depth_options(parser.add_argument_group("how deeply"))
        add_rule_options(parser.add_argument_group("what is reported"))
        add_report_options(parser.add_argument_group("how it is reported"))
        add_exit_status_options(parser.add_argument_group("the exit status"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            status = self.run(options)
        except WrongUsage as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from None
        except NothingDecided as error:
            raise CommandError(str(error), returncode=NO_SCHEMA) from None
        except SchemaNotMade as error:
            raise CommandError(f"No schema to audit: {error}", returncode=NO_SCHEMA) from None
        except CommandError:
            raise
        except host_errors() as error:
            # Exit status 1 would say that something was found.
            said = f"The audit ended early: {describe(error)}. --traceback shows where."
            raise CommandError(said, returncode=NO_SCHEMA) from error
        if status:
            sys.exit(status)

    def run(self, options: dict[str, Any]) -> int:
        if options["explain"]:
            return self.explain(options)
        if options["changed_since"]:
            return self.compare(options)
        return self.audit(options)

    def compare(self, options: dict[str, Any]) -> int:
        """Show what changed, and fail nothing: an open operation may be what the change is for."""
        if options["format"] not in (None, ["markdown"]) or options["schema"]:
            raise WrongUsage("--changed-since goes without --schema, and its format is Markdown.")
        ((_, target),) = pair(["markdown"], options["output"] or [])
        with diverted_output():
            comparison = compared(options["changed_since"], source(options), probe(options))
        self.deliver("markdown", comment(comparison), target, options)
        return 0

    def explain(self, options: dict[str, Any]) -> int:
        with diverted_output():
            text = explanation(options["explain"], source(options), probe(options))
        self.stdout.write(text)
        return 0

    def audit(self, options: dict[str, Any]) -> int:
        if options["update_baseline"] and not options["baseline"]:
            raise WrongUsage("--update-baseline needs a --baseline to update.")
        targets = list(pair(options["format"] or ["text"], options["output"] or []))
        # The output of the project's own code is not part of the report.
        with diverted_output():
            report = self.report(options)
        self.tell("")
        if not options["suggest"]:
            report = report.without_suggestions()
        if options["verbosity"] > 1:
            report = report.unfolded()
        for name, target in targets:
            self.deliver(name, reporter(name)(report), target, options)
        if report.failure:
            raise CommandError(report.failure, returncode=NO_SCHEMA)
        return self.exit_status(report, options)

    def exit_status(self, report: Report, options: dict[str, Any]) -> int:
        if options["exit_zero"]:
            return 0
        excess = options["max_undecided"].excess(report)
        if excess:
            self.stderr.write(excess)
            return NO_SCHEMA
        return FOUND if report.reaches(LEVELS[options["fail_level"]]) else 0

    def report(self, options: dict[str, Any]) -> Report:
        """Return the report, also on a document that could not be made."""
        rules = choose_rules(options["select"], options["ignore"])
        written = []
        try:
            if options["update_verdicts"]:
                written = [update_verdicts(source(options), probe(options))]
            report = audit(
                source(options),
                rules=rules,
                baseline=options["baseline"],
                update_baseline=options["update_baseline"],
                probe=probe(options),
                hook=fix_document,
                tell=self.tell,
            )
        except SchemaNotMade as error:
            report = no_audit(source(options), probe(options), f"No schema to audit: {error}")
        return replace(report, notices=(*written, *report.notices))

    def tell(self, stage: str) -> None:
        """Show the stage on a terminal; the next stage replaces it."""
        if self.stderr.isatty():
            # Django writes to standard error in red.
            self.stderr.write(f"\r\033[K{stage and stage + ' ...'}", style_func=str, ending="")
            self.stderr.flush()

    def deliver(self, name: str, text: str, target: str, options: dict[str, Any]) -> None:
        if target != STDOUT:
            write(text, target)
            return
        on_terminal = self.stdout.isatty() and not os.environ.get("NO_COLOR")
        if name == "text" and (on_terminal or options["force_color"]):
            text = coloured(text, self.style)
        self.stdout.write(text)


def limit(text: str) -> Limit:
    try:
        return Limit.of(text)
    except WrongLimit as error:
        raise ArgumentTypeError(str(error)) from None


def source(options: dict[str, Any]) -> Source:
    return Source(
        urlconf=options["urlconf"],
        api_version=options["api_version"],
        custom_settings=options["custom_settings"],
        file=options["schema"],
    )


def given(text: str) -> str:
    """Refuse the empty value of an unset shell variable: it would audit another document."""
    if not text:
        raise ArgumentTypeError("nothing is given, as if a variable were not set")
    return text


def param(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ArgumentTypeError(f'"{text}" is not written as NAME=VALUE')
    return name, value


def probe(options: dict[str, Any]) -> Probe:
    return Probe(
        tier=Tier[options["tier"]] if options["tier"] else None,
        params=dict(options["param"] or []),
        allow_any_database=options["allow_any_database"],
    )


def explanation(subject: list[str], source: Source, probe: Probe) -> str:
    match subject:
        case [rule]:
            return explain_rule(rule)
        case [method, path]:
            return explain_operation(source, method, path, probe)
    raise WrongUsage("--explain needs a rule, or a method and a path.")


def add_source_options(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--urlconf", type=given, help="Dotted path of a URLconf; default: ROOT_URLCONF."
    )
    group.add_argument("--api-version", type=given, help="The version of a versioned API to audit.")
    group.add_argument(
        "--custom-settings",
        type=given,
        help="Dotted path of a dict that goes over SPECTACULAR_SETTINGS.",
    )
    group.add_argument(
        "--schema",
        metavar="FILE",
        type=given,
        help="Audit this YAML or JSON file; - is standard input.",
    )


def add_depth_options(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--tier",
        choices=[tier.label for tier in Tier if tier],
        help=(
            "T1 asks the views, T2 the whole stack, T3 reads rows, T4 runs handlers of GET "
            "and rolls back; default: T3 on databases that can be read without writing, else T1."
        ),
    )
    group.add_argument(
        "--live", action="store_const", dest="tier", const="T4", help="The same as --tier T4."
    )
    group.add_argument(
        "--allow-any-database",
        action="store_true",
        help="Use a database that cannot be made read-only, and for T4 one not made for tests.",
    )
    group.add_argument(
        "--param",
        metavar="NAME=VALUE",
        action="append",
        type=param,
        help="A real value for the placeholders of this name, as event=democon.",
    )
    group.add_argument(
        "--update-verdicts",
        action="store_true",
        help='Write what the hook cannot find out into AUTHKIT["SCHEMA_VERDICTS"] first.',
    )


def add_rule_options(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--select", metavar="RULES", action="append", help="Only these, as AK301,AK4."
    )
    group.add_argument("--ignore", metavar="RULES", action="append", help="All but these.")
    group.add_argument(
        "--baseline", metavar="FILE", type=given, help="Leave out what this file knows."
    )
    group.add_argument(
        "--update-baseline",
        action="store_true",
        help="Write what is found now into the baseline, and remove from it what is gone.",
    )


def add_report_options(group: _ArgumentGroup) -> None:
    group.add_argument("--format", choices=FORMATS, action="append", help="Default: text.")
    group.add_argument(
        "--output",
        metavar="FILE",
        action="append",
        type=given,
        help="Write the first --format into the first --output, and so on.",
    )
    group.add_argument(
        "--verbose",
        action="store_const",
        dest="verbosity",
        const=2,
        default=1,
        help="Show equal findings one by one; the same as -v 2.",
    )
    group.add_argument(
        "--suggest", action="store_true", help="Print the code that fixes a finding."
    )
    group.add_argument(
        "--explain",
        metavar=("RULE", "METHOD /path"),
        nargs="+",
        help="Show the page of a rule, as AK301; or how an operation was decided.",
    )
    group.add_argument(
        "--changed-since",
        metavar=("REVISION", "REPORT"),
        nargs="+",
        help=(
            "Show as Markdown what was opened or closed since a revision of git, or since the JSON "
            "of an audit; or between two of them."
        ),
    )


def add_exit_status_options(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--fail-level",
        choices=[*reversed(LEVELS)],
        default="error",
        help="Findings from this severity on end in exit status 1; default: error.",
    )
    group.add_argument(
        "--max-undecided",
        metavar="NUMBER",
        type=limit,
        default=HALF,
        help="More operations without an answer, as 5 or 2%%, end in exit status 3; default: 50%%.",
    )
    group.add_argument(
        "--exit-zero", action="store_true", help="Exit with 0 whatever the report says."
    )


def pair(formats: list[str], outputs: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each format with its target. Raises ``WrongUsage``."""
    if len(outputs) > len(formats):
        raise WrongUsage("There is an --output more than there are formats.")
    if len(formats) - len([one for one in outputs if one != STDOUT]) > 1:
        raise WrongUsage("Only one format goes to standard output: give the others an --output.")
    yield from zip_longest(formats, outputs, fillvalue=STDOUT)


def write(text: str, target: str) -> None:
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongUsage(f"{target} cannot be written: {error.strerror}.") from None
