"""``python -m tests.schema.pages``: write the pages of ``docs/schema/`` that follow from the code.

They are a page for each rule of the audit, the list of the rules, and the table of formats in
``audit.md``. A page that names a rule or a setting that does not exist ends with a ``ValueError``.
"""

import os
from importlib import import_module

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    # Imported now: the rules stand on REST framework, which reads the settings when it is imported.
    for path, text in import_module("tests.schema.pages.generated").pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
