"""The scopes that an operation requires of API keys, as its view declares them.

A permission says them in ``scopes``, or its view does in ``required_scopes``; an authenticator
whose keys hold scopes says so in ``holds_scopes``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework.permissions import AND

from authkit.schema.model.audited_schema import AuditedOperation
from authkit.schema.openapi.document import Document, well_formed
from authkit.schema.probe.decision import NOTHING
from authkit.schema.schemes.catalogue import Catalogue
from authkit.schema.views.mapping import Operation
from authkit.schema.views.permission_tree import operands

#: Where the document names them: in OpenAPI 3.0 a requirement has scopes for OAuth 2 alone.
FIELD = "x-required-scopes"


def required_scopes(audited: AuditedOperation) -> list[str] | None:
    """Return the scopes that a key needs, sorted; None if the permissions are not known.

    May raise whatever a property of the view's raises.
    """
    source, decision = audited.source, audited.decision
    if source is None or decision is None or decision.offered is NOTHING:
        return None
    found: set[str] = set()
    for permission in decision.offered.permissions:
        for one in _all_of(permission):
            found.update(_scopes_of(one, source))
    return sorted(found)


def documented_scopes(operation: Mapping[str, Any]) -> list[str]:
    written = operation.get(FIELD, [])
    return sorted(map(str, written)) if isinstance(written, list) else []


def document_scopes(audited: AuditedOperation, document: Document, catalogue: Catalogue) -> None:
    """Write into the document which scopes an operation requires."""
    scopes = required_scopes(audited)
    if not scopes:
        return
    audited.document[FIELD] = scopes
    if _has_roles(document):
        names = _names_of_keys(audited, catalogue)
        for requirement in well_formed(audited.document.get("security", [])):
            requirement.update({name: list(scopes) for name in names & requirement.keys()})


def _all_of(permission: Any) -> Iterator[Any]:
    """Yield the permissions that must all be met; of alternatives nothing certain can be said."""
    if isinstance(permission, AND):
        for operand in operands(permission):
            yield from _all_of(operand)
    else:
        yield permission


def _scopes_of(permission: Any, operation: Operation) -> list[str]:
    own = getattr(permission, "scopes", None)
    if not isinstance(own, tuple | list):
        return []
    wanted = own or getattr(operation.view, "required_scopes", None) or []
    if isinstance(wanted, Mapping):
        action = getattr(operation.view, "action", None) or operation.method
        wanted = wanted.get(action, [])
    return [wanted] if isinstance(wanted, str) else list(wanted)


def _has_roles(document: Document) -> bool:
    """Tell whether requirements may name roles for schemes that are not OAuth 2, as in 3.1."""
    return not str(document.get("openapi", "")).startswith("3.0")


def _names_of_keys(audited: AuditedOperation, catalogue: Catalogue) -> set[str]:
    return {
        name
        for description in audited.descriptions.values()
        if description is not None
        for described, requirement in zip(
            description.requirements, catalogue.requirements(description), strict=True
        )
        if description.scoped & described.keys()
        for name in requirement
    }
