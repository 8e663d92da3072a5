"""What the project has promised, and whether this run kept it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.cases import BOUND
from benchmarks.measure import Result

STARTUP_MILLISECONDS = 60


@dataclass(frozen=True, slots=True)
class Target:
    """Ours costs at most ``ratio`` (by database) of the peer, above the floor."""

    ours: str
    peer: str
    ratio: dict[str, float]
    statements: int
    rows: int | None = None


TARGETS = [
    Target("authkit JWT", "SimpleJWT", {"sqlite": 0.45, "postgresql": 0.70}, 1, 0),
    Target("authkit EdDSA", "SimpleJWT EdDSA", {"sqlite": 0.35, "postgresql": 0.55}, 1, 0),
    Target("authkit key with owner", "HasAPIKey", {"sqlite": 0.45, "postgresql": 0.70}, 1, 0),
    Target(BOUND, "HasAPIKey", {"sqlite": 0.45, "postgresql": 0.70}, 1, 0),
    Target("authkit key, remembered", "HasAPIKey", {"sqlite": 0.25, "postgresql": 0.25}, 0, 0),
    Target("authkit, malformed key", "HasAPIKey", {"sqlite": 0.10, "postgresql": 0.10}, 0, 0),
    Target("authkit JWT, junk", "HasAPIKey", {"sqlite": 0.10, "postgresql": 0.10}, 0, 0),
    Target(
        "authkit refresh",
        "SimpleJWT refresh, rotation and blacklist",
        {"sqlite": 0.25, "postgresql": 0.28},
        2,
        0,
    ),
    Target("authkit refresh", "allauth JWT refresh", {"sqlite": 0.45, "postgresql": 0.48}, 2, 0),
    # The row is its event.
    Target("authkit revoke", "SimpleJWT blacklist", {"sqlite": 0.40, "postgresql": 0.40}, 2, 1),
    Target(
        "authkit obtain",
        "SimpleJWT obtain with last_login",
        {"sqlite": 1.50, "postgresql": 1.50},
        8,
    ),
]


def verdicts(results: list[Result], database: str) -> Iterator[str]:
    by_name = {result.name: result for result in results}
    for target in TARGETS:
        ours, peer = by_name[target.ours], by_name[target.peer]
        yield verdict(
            f"{target.ours} / {target.peer}", ours.added / peer.added, target.ratio[database], "x"
        )
        if ours.statements > target.statements:
            yield (
                f"MISSED  {target.ours}: {ours.statements} statements, at most {target.statements}"
            )
        if target.rows is not None and ours.rows > target.rows:
            yield f"MISSED  {target.ours}: adds {ours.rows} rows, at most {target.rows}"


def verdict(what: str, value: float, limit: float, unit: str) -> str:
    word = "met   " if value <= limit else "MISSED"
    return f"{word}  {what}: {value:.2f} {unit}, target at most {limit:.2f} {unit}"
