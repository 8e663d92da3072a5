"""Where the tools come from, and how they are run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
#: Made once for each package-lock.json.
NODE_FOLDER = ROOT / ".venv" / "contract-node"
SHOWN_LINES = 200


class Fault(Exception):
    """A tool found something, or did not do its work; the message says what."""


def install_node_tools():
    """Install what package-lock.json names, unless that has been done."""
    lock = HERE / "package-lock.json"
    done = NODE_FOLDER / "installed.json"
    if done.exists() and done.read_bytes() == lock.read_bytes():
        return
    shutil.rmtree(NODE_FOLDER, ignore_errors=True)
    NODE_FOLDER.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, NODE_FOLDER)
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=NODE_FOLDER)
    shutil.copy(lock, done)


def node_tool(name):
    return NODE_FOLDER / "node_modules" / ".bin" / name


def python_tool(name):
    return Path(sys.executable).with_name(name)


def run(*command, folder=ROOT, limit=300, **variables):
    """Run a command, return its standard output. Raises Fault with what it printed."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Fault(f"{command[0]} did not end within {limit} s") from None
    if done.returncode:
        printed = done.stdout.splitlines()[-SHOWN_LINES:]
        raise Fault("\n".join([f"{command[0]} ended with {done.returncode}", *printed]))
    return done.stdout
