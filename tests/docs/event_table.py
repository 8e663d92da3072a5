"""``python -m tests.docs.event_table``: write the table of security events into its page.

The table in ``docs/reference/signals.md`` is made from the declarations in ``core.event_kinds``.
"""

import logging
import re
from pathlib import Path

from authkit.core.event_kinds import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "signals.md"
HEAD = "| event | level | OWASP | members |\n|---|---|---|---|\n"


def event_table():
    rows = (
        f"| `{name}` | {logging.getLevelName(kind.level)} | `{kind.owasp}` | {kind.members} |\n"
        for name, kind in KINDS.items()
    )
    return (HEAD + "".join(rows)).replace("|  |", "| |")


def page(before):
    """Return the page with the events as they are declared now."""
    return re.sub(rf"{re.escape(HEAD)}(\|.*\n)+", lambda _: event_table(), before)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
