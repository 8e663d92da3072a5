"""``python -m tests.catalogues``: bring the catalogues up to what is marked, and compile them.

Strings that are new are added without a translation, and named; write it into the
``django.po`` and run this again. Those that are gone are removed.
"""

import os
import sys

import django
from babel.messages.catalog import Catalog

from tests.catalogues.catalogues import (
    LANGUAGES,
    compiled,
    marked,
    po_file,
    read,
    untranslated,
    written,
)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    template, missing = marked(), 0
    for language in LANGUAGES:
        path = po_file(language)
        catalog = read(language) if path.exists() else Catalog(language, fuzzy=False)
        catalog.header_comment = "# Translations of django-authkit."
        catalog.project, catalog.version = template.project, ""
        catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalog))
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        for message in untranslated(catalog):
            missing += 1
            sys.stdout.write(f"{language}: {message.id!r}\n")
    sys.stdout.write(f"{len(template)} strings, {missing} translations missing.\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
