"""Audits an earlier revision of the project, in a process of its own and a folder for a while."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import connections

import authkit
from authkit.schema.model.source import Source, WrongUsage
from authkit.schema.probe.tiers import Probe
from authkit.schema.sandbox.repository import own_file, repository


def common_ancestor(revision: str) -> str:
    """Return the commit that *revision* and HEAD have in common. Raises ``WrongUsage``.

    What *revision* got since then is no change of HEAD, as in ``git diff revision...HEAD``.
    """
    if revision.startswith("-"):
        raise WrongUsage(f'There is no revision "{revision}".')
    try:
        _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except subprocess.CalledProcessError:
        raise WrongUsage(f'There is neither a file nor a revision "{revision}".') from None
    try:
        return _git("merge-base", revision, "HEAD")
    except subprocess.CalledProcessError:
        said = f"git knows no common ancestor of {revision} and HEAD: fetch more of the history."
        raise WrongUsage(said) from None


def audited_at(commit: str, source: Source, probe: Probe) -> str:
    """Return the JSON of an audit of *commit*. Raises ``WrongUsage``.

    The work tree, the index and the branches stay as they are.
    """
    with _checked_out(commit) as tree:
        ended = _audit(tree, _arguments(source, probe))
    if not ended.stdout:
        said = (ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"])[-1]
        raise WrongUsage(f"The commit {commit[:10]} could not be audited: {said}")
    return ended.stdout


def _audit(tree: Path, arguments: Iterator[str]) -> subprocess.CompletedProcess[str]:
    environment = {
        "PYTHONPATH": _python_path(tree),
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
    }
    folder = tree / Path.cwd().relative_to(repository())
    if not folder.is_dir():
        raise WrongUsage(f"There was no folder {folder.relative_to(tree)} then.")
    return subprocess.run(  # noqa: S603 - no shell reads the arguments
        [sys.executable, "-m", "authkit.schema", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _git(*arguments: str, **environment: str) -> str:
    git = which("git")
    if git is None:
        raise WrongUsage("git is not installed.")
    ended = subprocess.run(  # noqa: S603 - as above
        [git, *arguments],
        cwd=repository(),
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


@contextmanager
def _checked_out(commit: str) -> Iterator[Path]:
    """Write the files of *commit* into a folder, through an index of their own."""
    with TemporaryDirectory() as folder:
        index, tree = str(Path(folder, "index")), Path(folder, "tree")
        _git("read-tree", commit, GIT_INDEX_FILE=index)
        _git("checkout-index", "--all", f"--prefix={tree}/", GIT_INDEX_FILE=index)
        _lend_databases(tree)
        yield tree


def _lend_databases(tree: Path) -> None:
    """Let the earlier state read the SQLite files that lie in the work tree and not in git."""
    for connection in connections.all():
        name = str(connection.settings_dict["NAME"])
        own = own_file(name) if connection.vendor == "sqlite" else None
        if own and not (tree / own).exists():
            (tree / own).parent.mkdir(parents=True, exist_ok=True)
            (tree / own).symlink_to(repository() / own)


def _python_path(tree: Path) -> str:
    """Return from where the earlier state is imported: what lies in the repository, from *tree*.

    Also what is installed as editable, which would be the present state.
    """
    inside = [str(tree / root.relative_to(repository())) for root in sorted(_import_roots())]
    outside = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kept = [path for path in outside if path and not _is_inside(Path(path))]
    return os.pathsep.join([*inside, *kept, str(Path(authkit.__file__).parents[1])])


def _is_inside(path: Path) -> bool:
    return path.resolve().is_relative_to(repository())


def _import_roots() -> set[Path]:
    """Return the folders of the repository that modules of the project were imported from."""
    roots = set()
    for name, module in list(sys.modules.items()):
        own = own_file(getattr(module, "__file__", None) or "")
        if own is None or name == "__main__":
            continue
        file = (repository() / own).with_suffix("")
        parts = (file.parent if file.name == "__init__" else file).parts
        if parts[-name.count(".") - 1 :] == tuple(name.split(".")):
            roots.add(Path(*parts[: -name.count(".") - 1]))
    return roots


def _arguments(source: Source, probe: Probe) -> Iterator[str]:
    yield from ("--format", "json", "--exit-zero", "--select", "AK101")
    given = {
        "--urlconf": source.urlconf,
        "--api-version": source.api_version,
        "--custom-settings": source.custom_settings,
        "--tier": probe.tier.label if probe.tier is not None else None,
    }
    for option, value in given.items():
        if value is not None:
            yield f"{option}={value}"
    yield from (f"--param={name}={value}" for name, value in probe.params.items())
    if probe.allow_any_database:
        yield "--allow-any-database"
