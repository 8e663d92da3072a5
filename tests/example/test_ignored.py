import shutil
import subprocess

import pytest

from tests.example.running import ROOT

needs_git = pytest.mark.skipif(
    not (shutil.which("git") and (ROOT / ".git").exists()), reason="not a git checkout"
)


@needs_git
@pytest.mark.parametrize("name", ["demo.secret", "demo.secret.1a2b3c4d", "demo.sqlite3-wal"])
def test_git_ignores_what_the_demo_makes(name):
    command = ["git", "check-ignore", "-q", f"example_project/{name}"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


@needs_git
def test_no_secret_is_tracked():
    command = ["git", "ls-files", "example_project/demo.*"]
    tracked = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert tracked.stdout == ""
