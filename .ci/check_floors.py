"""Says whether requirements/oldest.txt tests exactly the floors that pyproject.toml promises."""

import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version


def floors(requirements: Iterable[str]) -> dict[str, Version]:
    """Map each name to its one lower or exact bound."""
    bounds = {}
    for line in requirements:
        requirement = Requirement(line)
        (bound,) = (s.version for s in requirement.specifier if s.operator in (">=", "=="))
        bounds[canonicalize_name(requirement.name)] = Version(bound)
    return bounds


def main() -> int:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    extras = [line for lines in project.get("optional-dependencies", {}).values() for line in lines]
    promised = floors(project["dependencies"] + extras)
    lines = Path("requirements/oldest.txt").read_text().splitlines()
    tested = floors(line for line in lines if line and not line.startswith("#"))
    for name in sorted(promised.keys() | tested.keys()):
        same = promised.get(name) == tested.get(name)
        sys.stdout.write(
            f"{name}: promised {promised.get(name)}, tested {tested.get(name)}"
            f"{'' if same else '  <- differs'}\n"
        )
    return 0 if promised == tested else 1


if __name__ == "__main__":
    sys.exit(main())
