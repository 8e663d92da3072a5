"""Says whether a wheel holds what it should, and that it is the one installed here."""

import sys
from pathlib import Path
from zipfile import ZipFile

import authkit

NEEDED = [
    "authkit/py.typed",
    "authkit/migrations/0001_initial.py",
    "authkit/templates/admin/authkit/apikey/made.html",
    "authkit/management/commands/authkit_create_api_key.py",
    "authkit/management/commands/authkit_audit_schema.py",
]
TOP_LEVEL = {"authkit"}


def problems(names):
    for name in NEEDED:
        if name not in names:
            yield f"{name} is missing."
    for name in names:
        top = name.split("/")[0]
        if top not in TOP_LEVEL and not top.endswith(".dist-info"):
            yield f"{name} has no business in the wheel."
        if "/tests/" in name or "/test_" in name or name.endswith("conftest.py"):
            yield f"{name} is a test."
    for path in Path("django_authkit/authkit").rglob("*"):
        name = path.relative_to("django_authkit").as_posix()
        if path.is_file() and "__pycache__" not in name and name not in names:
            yield f"{name} is in the repository and not in the wheel."
    if "site-packages" not in authkit.__file__:
        yield f"authkit is imported from {authkit.__file__}, not from the wheel."


def main(wheel):
    names = ZipFile(wheel).namelist()
    found = list(problems(names))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.stdout.write(f"{Path(wheel).name}: {len(names)} files, {len(found)} problems\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
