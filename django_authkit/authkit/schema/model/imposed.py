"""Tells what SECURITY adds to every operation from what a view accepts."""

from __future__ import annotations

from drf_spectacular.settings import spectacular_settings

from authkit.schema.model.audited_schema import AuditedOperation
from authkit.schema.openapi.document import Requirement, declared_state, well_formed
from authkit.schema.probe.decision import State
from authkit.schema.schemes.catalogue import Catalogue


def imposed_requirements(audited: AuditedOperation, catalogue: Catalogue) -> list[Requirement]:
    """Return the requirements of SECURITY at the operation that are not true of its view."""
    added = well_formed(spectacular_settings.SECURITY)
    read = catalogue.names_of(audited.descriptions.values())
    # drf-spectacular writes a {} of its own beside that of the setting.
    is_free_by_setting = audited.required.count({}) <= added.count({}) and _is_secured(audited)
    return [
        one
        for one in audited.required
        if one in added and (not read.issuperset(one) or (one == {} and is_free_by_setting))
    ]


def is_due_to_setting(audited: AuditedOperation, catalogue: Catalogue) -> bool:
    """Tell whether the operation reads as it does because of SECURITY."""
    imposed = imposed_requirements(audited, catalogue)
    others = [one for one in audited.required if one not in imposed]
    return declared_state(others) is not audited.declared


def _is_secured(audited: AuditedOperation) -> bool:
    return audited.decision is not None and audited.decision.state is State.SECURED
