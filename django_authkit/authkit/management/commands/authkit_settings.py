from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand

from authkit.checks.settings import check_settings
from authkit.checks.signing import check_signing
from authkit.checks.signing_keys import check_signing_keys
from authkit.conf import Settings, conf
from authkit.conf.written import as_python
from authkit.signing.simple_jwt import DEFAULTS

MASK = "********"


class Command(BaseCommand):
    help = (
        "Print the effective settings of authkit, the source of each, and their errors. "
        "Secrets are masked."
    )
    # It has to run with invalid settings.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [*_authkit_rows(), *_simple_jwt_rows()]
        others: list[str] = []
        for message in [*check_settings(), *check_signing(), *check_signing_keys()]:
            about = (row.problems for row in rows if message.msg.startswith(row.name))
            problems = next(about, others)
            problems.append(f"{message.msg} {message.hint}")
        if options["format"] == "json":
            report = {"settings": [row.as_json() for row in rows], "problems": others}
            self.stdout.write(json.dumps(report, indent=2))
            return
        for row in rows:
            self.stdout.write(f"{row.name} = {as_python(row.value)}  # {row.source}")
            for problem in row.problems:
                self.stdout.write(f"    {problem}", self.style.ERROR)
        for problem in others:
            self.stdout.write(problem, self.style.ERROR)


class Row(NamedTuple):
    name: str
    value: Any
    source: str
    problems: list[str]

    @classmethod
    def of(cls, name: str, value: Any, source: str, *, is_secret: bool) -> Row:
        return cls(name, MASK if is_secret and value else value, source, [])

    def as_json(self) -> dict[str, Any]:
        try:
            value = json.loads(json.dumps(self.value, default=as_python, allow_nan=False))
        except (TypeError, ValueError):  # keys that JSON lacks, a circular reference, infinity
            value = as_python(self.value)
        return self._asdict() | {"value": value}


def _authkit_rows() -> Iterator[Row]:
    configured = _dict(conf.user_settings)
    for name, setting in Settings.declared().items():
        yield Row.of(
            f"AUTHKIT['{name}']",
            configured.get(name, setting.default),
            "AUTHKIT" if name in configured else "default",
            is_secret=setting.is_secret,
        )


def _simple_jwt_rows() -> Iterator[Row]:
    configured = _dict(getattr(settings, "SIMPLE_JWT", {}))
    for name, default in DEFAULTS.items():
        is_derived = name == "SIGNING_KEY" and name not in configured
        otherwise = "SECRET_KEY" if is_derived else "default"
        yield Row.of(
            f"SIMPLE_JWT['{name}']",
            settings.SECRET_KEY if is_derived else configured.get(name, default),
            "SIMPLE_JWT" if name in configured else otherwise,
            is_secret=name.endswith("_KEY"),
        )


def _dict(value: object) -> Mapping[str, Any]:
    """Return a dict of settings; the checks report any other value, and it sets nothing."""
    return value if isinstance(value, Mapping) else {}
