"""Says whether a wheel holds what it should, and that it is the one installed here."""

import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import authkit

SOURCE = Path("django_authkit")
NEEDED = (
    "authkit/py.typed",
    "authkit/locale/de/LC_MESSAGES/django.mo",
    "authkit/migrations/0001_initial.py",
    "authkit/templates/admin/authkit/apikey/made.html",
)


def missing(names: set[str]) -> Iterator[str]:
    in_repository = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    for name in sorted((in_repository | set(NEEDED)) - names):
        yield f"{name} is missing."


def unwanted(names: set[str]) -> Iterator[str]:
    for name in sorted(names):
        top, *_, last = name.split("/")
        if top != "authkit" and not top.endswith(".dist-info"):
            yield f"{name} has no business in the wheel."
        if "/tests/" in name or last.startswith("test_") or last == "conftest.py":
            yield f"{name} is a test."


def not_installed() -> Iterator[str]:
    if "site-packages" not in str(authkit.__file__):
        yield f"authkit is imported from {authkit.__file__}, not from the wheel."


def main(wheel: Path) -> int:
    names = set(ZipFile(wheel).namelist())
    problems = [*missing(names), *unwanted(names), *not_installed()]
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{wheel.name}: {len(names)} files, {len(problems)} problems\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
