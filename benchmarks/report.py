from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measure import Result

RESULTS = Path(__file__).parent / "results"

#: The peer that each group is compared with.
BASES = {
    "authenticated request": "SimpleJWT",
    "authenticated request, EdDSA": "SimpleJWT EdDSA",
    "junk bearer": "SimpleJWT, junk",
    "forged bearer": "SimpleJWT, forged",
    "API key": "HasAPIKey",
    "bad key": "HasAPIKey, unknown key",
    "log in": "SimpleJWT obtain",
    "refresh": "SimpleJWT refresh, rotation and blacklist",
    "log out": "SimpleJWT blacklist",
}

PACKAGES = [
    "django",
    "djangorestframework",
    "djangorestframework-simplejwt",
    "djangorestframework-api-key",
    "django-rest-knox",
    "pyjwt",
    "psycopg",
]


def table(results: list[Result]) -> Iterator[str]:
    """Yield the lines of a table of microseconds; the ratio is between what is above the floor."""
    by_name = {result.name: result for result in results}
    yield f"{'':42}{'median':>8}{'p10':>8}{'p99':>8}{'added':>8}{'stmts':>7}{'rows':>6}{'ratio':>7}"
    group = ""
    for result in results:
        if result.group != group:
            group = result.group
            yield f"{group}:"
        base = by_name.get(BASES.get(group, ""))
        ratio = f"{result.added / base.added:7.2f}" if base else ""
        yield (
            f"  {result.name:40}{result.median:8.0f}{result.p10:8.0f}{result.p99:8.0f}"
            f"{result.added:8.0f}{result.statements:7}{result.rows:6}{ratio}"
        )


def write_json(database: str, rounds: int, results: list[Result], facts: dict[str, Any]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{database}.json"
    content = {
        "database": database,
        "rounds": rounds,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "results": [asdict(result) for result in results],
        **facts,
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path
