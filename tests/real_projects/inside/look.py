"""Looks at one application from within its own environment.

python look.py sow NAME FOLDER     makes the database and its rows
python look.py declare NAME FOLDER writes the document of the application, in a process without
                                   authkit
python look.py ask NAME FOLDER     writes FOLDER/report.json: what was decided about every
                                   operation, and what it answers without credentials; and the
                                   document of our hook that knows what was decided
python look.py tell NAME FOLDER    writes that document again
"""

import json
import platform
import sys
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import django
from applications import APPLICATIONS
from django.conf import settings

VERDICTS = "verdicts.json"
SHOWN_VERSIONS = ("django", "djangorestframework", "drf-spectacular")


def main(command, name, folder):
    application = APPLICATIONS[name]
    application.prepare(folder)
    django.setup()
    # What imports models can be imported by now.
    if command == "sow":
        import_module("rows").make_rows(application)
    elif command == "declare":
        import_module("documents").publish(application, folder)
    elif command == "tell":
        document = import_module("decisions").tell(application, folder / VERDICTS)
        (folder / import_module("documents").AGAIN).write_bytes(document)
    else:
        (folder / "report.json").write_text(json.dumps(look(name, application, folder), indent=1))


def look(name, application, folder):
    documents = import_module("documents")
    before = database_files()
    verdicts = folder / VERDICTS
    decided = import_module("decisions").decide_all(application, verdicts)
    untouched = database_files() == before
    (folder / documents.TOLD).write_bytes(decided.told)
    published = documents.security_of(documents.read(folder / documents.PUBLISHED))
    operations = import_module("comparison").compare(application, decided, published)
    versions = {package: version(package) for package in (name, *SHOWN_VERSIONS)}
    versions["Python"] = platform.python_version()
    return {
        "versions": versions,
        "seconds": decided.seconds,
        "untouched": untouched,
        "as_published": decided.security == published,
        "stable": decided.stable,
        "written": len(json.loads(verdicts.read_text())["operations"]),
        "operations": operations,
    }


def database_files():
    """Return a digest of every database as it is on the disk."""
    names = [database["NAME"] for database in settings.DATABASES.values()]
    return [sha256(Path(name).read_bytes()).hexdigest() for name in names]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
