"""Audits the documents of Django Ninja: what each declares, against what its operations do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from django.urls import get_resolver

from authkit.schema.model.audited_schema import (
    AS_DEEP_AS_IS_SAFE,
    AuditedOperation,
    AuditedSchema,
    Place,
)
from authkit.schema.model.source import SchemaNotMade, Source
from authkit.schema.ninja.gate import function_name
from authkit.schema.ninja.mounted import MountedAPI, document_of, mounted_apis
from authkit.schema.ninja.prober import OperationProber, operation_prober, without_guess
from authkit.schema.openapi.document import Requirement, mapping, operations
from authkit.schema.probe.tiers import Probe
from authkit.schema.sandbox.answers import describe, host_errors
from authkit.schema.schemes.describer import Description
from authkit.schema.views.acknowledgement import ATTRIBUTE


@dataclass(frozen=True)
class NinjaOperation(AuditedOperation):
    """An operation of Ninja's document. ``served_by`` is Ninja's own object for it, if any."""

    served_by: Any = None

    @cached_property
    def place(self) -> Place:
        view = function_name(self.served_by.view_func) if self.served_by else ""
        return Place(self.path, self.method, view)

    @property
    def is_acknowledged(self) -> bool:
        """Tell whether ``auth=None`` or ``@public`` is written at the operation itself."""
        return self.served_by.auth_param is None or hasattr(self.served_by.view_func, ATTRIBUTE)

    def auth(self, requirements: list[Requirement]) -> str:
        return ""  # Ninja has no argument that writes the document alone


def audited_apis(source: Source, probe: Probe = AS_DEEP_AS_IS_SAFE) -> tuple[AuditedSchema, ...]:
    """Decide the operations of every API in the URLconf, each API with its document.

    A file holds another document, and then there are none. Raises ``SchemaNotMade``.
    """
    if source.file is not None:
        return ()
    module: Any = import_module(source.urlconf) if source.urlconf else None
    patterns = get_resolver(module).url_patterns
    try:
        return tuple(_audited(mounted, probe, patterns) for mounted in mounted_apis(patterns))
    except host_errors() as error:  # the project's code may fail in any way
        said = describe(error)
        raise SchemaNotMade(f"Django Ninja could not make it: {said}") from error


def _audited(mounted: MountedAPI, probe: Probe, patterns: Any) -> AuditedSchema:
    document, served = document_of(mounted)
    with operation_prober(probe, mounted, patterns) as prober:
        found = tuple(
            _decided(
                NinjaOperation(document, path, method, said, served_by=served.get((path, method))),
                prober,
            )
            for path, method, said in operations(document)
        )
    return AuditedSchema(document, found)


def _decided(audited: NinjaOperation, prober: OperationProber) -> NinjaOperation:
    if audited.served_by is None:
        return audited
    decision = prober.decide(audited.served_by, audited.method, audited.path)
    return replace(
        audited,
        decision=without_guess(decision, audited.document, audited.declared),
        descriptions={one: _described(one) for one in decision.offered.authenticators},
        # Ninja 1.0 knows no throttles.
        throttled=bool(getattr(audited.served_by, "throttle_objects", ())),
    )


@cache
def _described(authenticator: Any) -> Description | None:
    """Return how Ninja writes the authenticator, None for a function: it writes those nowhere."""
    definition = mapping(getattr(authenticator, "openapi_security_schema", None))
    if not definition:
        return None
    kind = type(authenticator)
    return Description(kind, ({kind.__name__: []},), {kind.__name__: dict(definition)})
