"""``python -m authkit.schema``: the audit, for a project that has not installed authkit.

Needs ``DJANGO_SETTINGS_MODULE``, and changes nothing in the settings. No model of ours is imported.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django
from django.core.exceptions import ImproperlyConfigured

COMMAND = "authkit.management.commands.authkit_audit_schema"
WRONG_USAGE = 2


def main() -> None:
    # The project is where the command is run, as with manage.py.
    sys.path.insert(0, os.getcwd())
    try:
        django.setup()
    except (ImproperlyConfigured, ImportError) as error:
        sys.stderr.write(f"Django cannot start: {error}\n")
        sys.exit(WRONG_USAGE)
    # Imported now: it stands on REST framework, which needs the settings.
    command = import_module(COMMAND).Command()
    command.run_from_argv(["python", "-m authkit.schema", *sys.argv[1:]])


if __name__ == "__main__":
    main()
