"""Every rule of the audit, in the order of their ids."""

from __future__ import annotations

from authkit.schema.findings import Rule
from authkit.schema.rules import (
    dead_endpoint,
    declared_optional_but_rejects,
    declared_public_but_rejects,
    declared_secured_but_open,
    duplicate_requirement,
    malformed_requirement,
    reject_status_undocumented,
    root_inheritance_trap,
    scheme_name_collision,
    undefined_scheme,
    unresolved_authenticator,
)

RULES: tuple[Rule, ...] = (
    undefined_scheme.RULE,
    duplicate_requirement.RULE,
    malformed_requirement.RULE,
    root_inheritance_trap.RULE,
    unresolved_authenticator.RULE,
    scheme_name_collision.RULE,
    declared_secured_but_open.RULE,
    declared_public_but_rejects.RULE,
    declared_optional_but_rejects.RULE,
    dead_endpoint.RULE,
    reject_status_undocumented.RULE,
)


def find_rule(rule_id: str) -> Rule | None:
    """Return the rule with this id, in any case of letters."""
    return next((rule for rule in RULES if rule.id == rule_id.upper()), None)
