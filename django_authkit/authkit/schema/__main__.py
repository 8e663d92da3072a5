"""``python -m authkit.schema``: the audit, for a project that has not installed authkit.

Needs ``DJANGO_SETTINGS_MODULE`` or ``--settings``, and changes nothing in the settings. No model of
ours is imported.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from traceback import walk_tb
from typing import Any

import django
from django.conf import ENVIRONMENT_VARIABLE, settings
from django.core.management.base import CommandParser, handle_default_options

from authkit.schema.sandbox.output import diverted_output
from authkit.schema.sandbox.repository import own_file

COMMAND = "authkit.management.commands.authkit_audit_schema"
WRONG_USAGE = 2
HELP = {"-h", "--help"}

NO_SETTINGS = (
    f"No settings are named: set {ENVIRONMENT_VARIABLE}, or give --settings shop.settings."
)


def main() -> None:
    # The project is where the command is run, as with manage.py.
    sys.path.insert(0, os.getcwd())
    arguments = sys.argv[1:]
    if HELP & {*arguments}:
        settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"])
    # What the project prints while it is loaded is no part of the report.
    with diverted_output():
        command = _loaded(arguments)
    command().run_from_argv(["python", "-m authkit.schema", *arguments])


def _loaded(arguments: list[str]) -> Any:
    """Start Django, and return the command, which stands on REST framework and the settings."""
    _read_default_options(arguments)
    if not settings.configured and not os.environ.get(ENVIRONMENT_VARIABLE):
        _give_up(NO_SETTINGS)
    try:
        django.setup()
        return import_module(COMMAND).Command
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # settings and apps may fail in any way, sys.exit() included
        _give_up(f"Django cannot start: {_said(error)}")


def _read_default_options(arguments: list[str]) -> None:
    """Heed ``--settings`` and ``--pythonpath`` before Django starts, as manage.py does."""
    parser = CommandParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--settings")
    parser.add_argument("--pythonpath")
    options, _ = parser.parse_known_args(arguments)
    handle_default_options(options)


def _give_up(sentence: str) -> Any:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(WRONG_USAGE)


def _said(error: BaseException) -> str:
    """Return the project's own error on one line, and the last line of its code before it."""
    message = " ".join(str(error).split())
    said = f"{type(error).__name__}: {message}" if message else type(error).__name__
    lines = [
        (own_file(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__)
    ]
    own = [f"{file}:{line}" for file, line in lines if file]
    return f"{said} ({own[-1]})" if own else said


if __name__ == "__main__":
    try:
        main()
    finally:
        # What the project prints when Python ends is no part of the report either.
        sys.stdout.flush()
        sys.stdout = sys.stderr
