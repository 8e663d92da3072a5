"""Other people's contract tools against the running example: `python -m tests.contract [PART...]`.

Needs Node.js 20 or newer, and an environment with requirements/contract.txt. What npm installs goes
into .venv. Every part is bounded in time; exit status 1 if one of them finds a fault.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.contract import elsewhere, faults, generated, linters, one_file, properties
from tests.contract.example import running
from tests.contract.tools import Fault, install_node_tools

# Property tests last: they change whatever the API lets them change.
PARTS = {
    "redocly": linters.redocly,
    "spectral": linters.spectral,
    "typescript": generated.typescript,
    "python": generated.python,
    "copied": one_file.use,
    "elsewhere": elsewhere.verify,
    "faults": faults.compare,
    "schemathesis": properties.check,
}


def main():
    chosen = parse().parts or PARTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = [timed("install", install_node_tools)]
        with running(folder) as example:
            results += [timed(part, PARTS[part], example, folder) for part in chosen]
    sys.exit(not all(results))


def parse():
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"there is no part {part!r}")
    return options


def timed(name, part, *arguments):
    """Run one part, print how it went, return whether it went well."""
    since = time.perf_counter()
    try:
        said = part(*arguments) or "done"
    except Fault as fault:
        said = f"FAULT\n{fault}"
    print(f"{name} ({time.perf_counter() - since:.1f} s): {said}", flush=True)
    return not said.startswith("FAULT")


if __name__ == "__main__":
    main()
