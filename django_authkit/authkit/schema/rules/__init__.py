"""The rules of the audit: each module of this folder holds one, as ``RULE``.

No list names them. ``--select``, ``--explain``, SARIF and the pages in ``docs/schema/rules/`` take
what they say from the rule; ``python -m tests.schema.pages`` writes the pages.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from authkit.schema.results.findings import Rule

#: What the rules are about, by the beginning of their ids.
GROUPS = {
    "AK1": "The document alone",
    "AK2": "Authenticators and credentials",
    "AK3": "Access",
    "AK4": "Refusals",
    "AK5": "Settings and committed documents",
    "AK6": "What the document omits",
}


def _discovered() -> tuple[Rule, ...]:
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return tuple(sorted((module.RULE for module in modules), key=lambda rule: rule.id))


#: Every rule, in the order of their ids.
RULES = _discovered()


def find_rule(rule_id: str) -> Rule | None:
    """Return the rule with this id, in any case of letters."""
    return next((rule for rule in RULES if rule.id == rule_id.upper()), None)
