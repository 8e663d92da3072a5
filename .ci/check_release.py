#!/usr/bin/env python3
"""Says whether a tag, the version in pyproject.toml and CHANGELOG.md tell of the same release."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path


def problems(tag: str) -> Iterator[str]:
    version = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
    if tag != f"v{version}":
        yield f"The tag is {tag}, and pyproject.toml says {version}."
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$"
    if re.search(heading, Path("CHANGELOG.md").read_text(), re.MULTILINE) is None:
        yield f"CHANGELOG.md has no heading with a date for {version}."


if __name__ == "__main__":
    sys.exit("\n".join(problems(sys.argv[1])) or 0)
