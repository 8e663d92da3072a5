"""Tells what SECURITY adds to every operation from what a view accepts."""

from __future__ import annotations

from drf_spectacular.settings import spectacular_settings

from authkit.schema.model.audited_schema import AuditedOperation
from authkit.schema.openapi.document import Declared, Requirement, declared_state, well_formed
from authkit.schema.schemes.catalogue import Catalogue


def imposed_requirements(audited: AuditedOperation, catalogue: Catalogue) -> list[Requirement]:
    """Return the requirements of SECURITY at the operation that nothing on its view reads."""
    added = well_formed(spectacular_settings.SECURITY)
    read = catalogue.names_of(audited.descriptions.values())
    return [one for one in audited.required if one in added and not read.issuperset(one)]


def is_secured_by_setting_alone(audited: AuditedOperation, catalogue: Catalogue) -> bool:
    """Tell whether the operation reads as secured, and would not without SECURITY."""
    imposed = imposed_requirements(audited, catalogue)
    others = [one for one in audited.required if one not in imposed]
    return audited.declared is Declared.SECURED and declared_state(others) is not Declared.SECURED
