"""The responses to those who are refused, with the schema of their body where it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.openapi import AutoSchema

from authkit.schema.model.audited_schema import AuditedOperation
from authkit.schema.openapi.document import Document, mapping
from authkit.schema.probe.tiers import Tier
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.views.code.framework_code import is_decorated, is_framework_code
from authkit.schema.views.exception_handlers import Body, body_of_refusals
from authkit.schema.views.permission_tree import leaves

#: The statuses that a view answers by its exception handler.
WITH_BODY = (400, 401, 403, 429)

_DETAIL = {"type": "string", "readOnly": True, "description": "A sentence for people."}
_CODE = {"type": "string", "readOnly": True, "description": "A stable code for programs."}

#: The component of each body, and its properties. With a code it is that of authkit's endpoints, so
#: that clients have one type for both.
COMPONENTS: Mapping[Body, tuple[str, Mapping[str, Any]]] = {
    Body.DETAIL: ("AuthkitErrorDetail", {"detail": _DETAIL}),
    Body.CODE: ("AuthkitError", {"detail": _DETAIL, "code": _CODE}),
    Body.PROBLEM: (
        "AuthkitErrorProblem",
        {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string", "description": "The name of the status."},
            "status": {"type": "integer"},
            "detail": _DETAIL,
            "code": _CODE,
        },
    ),
}

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True)
class RefusalBodies:
    """Writes what refusals answer; ``types`` are the media types by classes of renderers."""

    document: Document
    types: dict[tuple[Any, ...], list[str]] = field(default_factory=dict)

    def responses(self, audited: AuditedOperation, refusals: Mapping[int, str]) -> dict[str, Any]:
        """Return the responses of *refusals*, texts by status, and define what they refer to."""
        responses: dict[str, Any] = {}
        for status, text in refusals.items():
            content = self._content(audited, status)
            described = {"description": text} | ({"content": content} if content else {})
            responses[str(status)] = described
        return responses

    def _content(self, audited: AuditedOperation, status: int) -> dict[str, Any]:
        if status not in WITH_BODY or not _is_answered_by_view(audited, status):
            return {}
        try:
            body, types = self._body_and_types(audited)
        except host_errors():  # a property of the view may fail; then nothing is said of the body
            return {}
        if body is not Body.PROBLEM and status == 403 and _has_message_of_its_own_shape(audited):
            return {}
        reference = None if body is None else _reference(body, self.document)
        if reference is None:
            return {}
        # Only JSON is the object that the schema describes.
        return {one: {"schema": dict(reference)} if "json" in one else {} for one in types}

    def _body_and_types(self, audited: AuditedOperation) -> tuple[Body | None, list[str]]:
        source: Any = audited.source
        body = body_of_refusals(source.view)
        return body, [PROBLEM_JSON] if body is Body.PROBLEM else self._types(source)

    def _types(self, source: Any) -> list[str]:
        view, inspector = source.view, source.inspector
        own_code = (
            not is_framework_code(type(view).get_renderers)
            or type(inspector).map_renderers is not AutoSchema.map_renderers
        )
        if own_code or view is not inspector.view:
            types: list[str] = inspector.map_renderers("media_type")
            return types
        # Most views have the same renderers, and each of these would be made for each operation.
        key = tuple(view.renderer_classes)
        if key not in self.types:
            self.types[key] = inspector.map_renderers("media_type")
        return self.types[key]


def _is_answered_by_view(audited: AuditedOperation, status: int) -> bool:
    """Tell whether the view itself refuses, and not a decorator or a middleware around it."""
    source, decision = audited.source, audited.decision
    if source is None or decision is None:
        return False
    if status in (400, 429) or status in decision.bad_credential:
        return True
    return decision.tier <= Tier.T1 and not (decision.reason and is_decorated(source))


def _has_message_of_its_own_shape(audited: AuditedOperation) -> bool:
    """Tell whether a permission has a message that REST framework makes the whole body."""
    permissions = audited.decision.offered.permissions if audited.decision else ()
    messages = (getattr(leaf, "message", None) for one in permissions for leaf in leaves(one))
    return any(isinstance(message, dict | list) for message in messages)


def _reference(body: Body, document: Document) -> dict[str, str] | None:
    """Return a reference to the component, None if the project has another one of that name."""
    name, properties = COMPONENTS[body]
    schemas = mapping(mapping(document.get("components")).get("schemas"))
    if name not in schemas:
        components = document.setdefault("components", {})
        components["schemas"] = dict(sorted({**schemas, name: _schema(properties)}.items()))
    elif mapping(mapping(schemas[name]).get("properties")).keys() != properties.keys():
        return None
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "The reason of a refusal.",
        # New dicts: one object in two places becomes an alias in YAML.
        "properties": {name: dict(schema) for name, schema in properties.items()},
        "required": sorted(properties),
    }
