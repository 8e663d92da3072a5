"""Finds a documented 401 that has no other ground than a credential that the view does not read."""

from __future__ import annotations

import copy
from typing import Any

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.plumbing import ComponentRegistry

from authkit.schema.model.audited_schema import AuditedOperation
from authkit.schema.openapi.document import mapping, responses
from authkit.schema.probe.decision import State
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.views.mapping import Operation


def documents_401_without_credentials(audited: AuditedOperation) -> bool:
    """Tell whether a public operation that reads no credential documents 401.

    Unsafe methods are not meant: a login answers 401 to a wrong password.
    """
    decision = audited.decision
    return (
        decision is not None
        and decision.state is State.PUBLIC
        and audited.method == "get"
        and not decision.offered.authenticators
        and "401" in responses(audited.document)
    )


def documents_unfounded_401(audited: AuditedOperation) -> bool:
    """Tell whether that 401 stands there only because the operation was taken for protected.

    The handler may answer 401 itself, and it is not run here. So the inspector that wrote the
    operation writes it again, once as before and once without requirements: if it writes this very
    response the first time and none the second, the response has no other source. Raises nothing.
    """
    if audited.source is None or not documents_401_without_credentials(audited):
        return False
    documented = responses(audited.document)
    try:
        as_before = responses(_written_again(audited.source))
        without = responses(_written_again(audited.source, get_auth=list))
    except host_errors():  # the project's inspector may fail in any way
        return False
    is_the_same = as_before.get("401") == documented["401"]
    # An operation has at least one response.
    return is_the_same and "401" not in without and len(documented) > 1


def _written_again(operation: Operation, **replaced: Any) -> dict[str, Any]:
    inspector: Any = copy.copy(operation.inspector)
    vars(inspector).update(replaced)
    inspector.view = copy.copy(inspector.view)
    inspector.view.swagger_fake_view = True  # as drf-spectacular marks what it documents
    parts = inspector.path, inspector.path_regex, inspector.path_prefix, inspector.method
    with GENERATOR_STATS.silence():
        return mapping(inspector.get_operation(*parts, ComponentRegistry()))
