"""The table of security events in ``docs/reference/signals.md``, made from the declarations."""

from __future__ import annotations

import logging

from authkit.core.event_kinds import KINDS

HEAD = """| event | level | OWASP | members |
|---|---|---|---|
"""


def event_table() -> str:
    rows = (
        f"| `{name}` | {logging.getLevelName(kind.level)} | `{kind.owasp}` | {kind.members} |"
        for name, kind in KINDS.items()
    )
    return HEAD + "\n".join(rows).replace("|  |", "| |") + "\n"
