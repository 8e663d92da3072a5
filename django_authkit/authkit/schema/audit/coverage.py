"""Says why a report is no audit: nothing in the document could be decided."""

from __future__ import annotations

from rest_framework.settings import api_settings

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.model.source import Source
from authkit.schema.reporters.sentences import gaps
from authkit.schema.results.report import Report


def nothing_decided(report: Report, schema: AuditedSchema, source: Source) -> str:
    """Return why nothing in *report* was decided, "" if something was."""
    if report.decided:
        return ""
    number = len(report.operations)
    if number:
        reason = next(gaps(report))
        return f"Of the operations of the schema ({number:,}), none could be decided ({reason})."
    if source.file is not None:
        return f"{source.file} has no operations, so there is nothing to audit."
    return f"The schema has no operations, so there is nothing to audit{_versions(schema, source)}."


def _versions(schema: AuditedSchema, source: Source) -> str:
    """Say what to type where all operations belong to versions of the API."""
    if source.api_version is not None:
        return f'; the API may have no version "{source.api_version}"'
    callbacks = [one[-1] for one in getattr(schema.generator, "endpoints", None) or ()]
    if not any(getattr(one.cls, "versioning_class", None) for one in callbacks):
        return ""
    known = ", ".join(map(str, api_settings.ALLOWED_VERSIONS or ()))
    which = f" (one of {known})" if known else ""
    return f": the API has versions, and --api-version says which{which}"
