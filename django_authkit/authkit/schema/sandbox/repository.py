"""Names files as the project's repository does, and installed ones as their package does."""

from __future__ import annotations

from functools import cache
from pathlib import Path

INSTALLED = "site-packages"


def repository() -> Path:
    """Return the root of the repository that the command runs in, else the current folder."""
    return _root(Path.cwd())


@cache
def _root(folder: Path) -> Path:
    # A file in a work tree beside the repository, else a folder.
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def own_file(file: str | Path) -> str | None:
    """Return *file* as seen from the root of the repository, None if it is not the project's."""
    path = Path(file).resolve()
    own = INSTALLED not in path.parts and path.is_relative_to(repository()) and path.is_file()
    return path.relative_to(repository()).as_posix() if own else None


def named(file: str | Path) -> str:
    """Return *file* without the folders of this machine."""
    path = Path(file)
    if INSTALLED in path.parts:
        return Path(*path.parts[path.parts.index(INSTALLED) + 1 :]).as_posix()
    return own_file(path) or path.name
