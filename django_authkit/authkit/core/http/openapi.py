"""How our endpoints describe themselves in the OpenAPI document.

An operation names what only it has. What it shares with others of its kind follows from its
view: the base class, the authenticators and the permissions name in ``refuses`` the errors that
they raise, a method with a body may find it malformed, and a path with an id may find nothing.

The documentation belongs to the class of a view and not to its functions: a subclass keeps it
where it overrides the method, and what follows from its view is that of the subclass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.utils.functional import lazy
from django.utils.translation import override
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import serializers
from rest_framework.exceptions import (
    APIException,
    NotFound,
    ParseError,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.schemas.inspectors import ViewInspector
from rest_framework.settings import api_settings

from authkit.core.http.body.fields import StrictCharField
from authkit.core.http.body.serializers import AuthkitSerializer, StrictSerializer
from authkit.errors import (
    RETRY_AFTER,
    AccountLocked,
    AttemptsExceeded,
    CodeInvalid,
    InvalidCredentials,
    SecondFactorUnavailable,
)

Handler = TypeVar("Handler", bound=Callable[..., Any])
ErrorClass = type[APIException]

_MESSAGES = {"type": "array", "items": {"type": "string"}}

#: DRF's own shapes of 400: messages by field, where the field is a list also by position in it,
#: or one sentence with its code.
_BAD_REQUEST = {
    "type": "object",
    "additionalProperties": {
        "oneOf": [
            {"type": "string"},
            _MESSAGES,
            {"type": "object", "additionalProperties": _MESSAGES},
        ]
    },
}

#: Errors of DRF whose own sentence depends on the request.
_SENTENCES: Mapping[ErrorClass, str] = {
    ValidationError: "The body is not valid JSON (`parse_error`), or a field is not valid.",
    UnsupportedMediaType: "`unsupported_media_type`: The body must be JSON.",
}

#: And what they say in an example.
_SHOWN: Mapping[ErrorClass, str] = {
    ParseError: "The request body is not valid JSON.",
    UnsupportedMediaType: 'Unsupported media type "text/plain" in request.',
}

#: What an operation refuses that checks a password, and one that checks a second factor's code.
PASSWORD_CHECK: tuple[ErrorClass, ...] = (InvalidCredentials, AttemptsExceeded, AccountLocked)
CODE_CHECK: tuple[ErrorClass, ...] = (
    CodeInvalid,
    AttemptsExceeded,
    AccountLocked,
    SecondFactorUnavailable,
)


class EmptySerializer(AuthkitSerializer):
    """An empty object."""


class ErrorSerializer(AuthkitSerializer):
    """The reason of a refusal."""

    detail = serializers.CharField(read_only=True, help_text="A sentence for people.")
    code = serializers.CharField(read_only=True, help_text="A stable code for programs.")


class ConfiguredResponse(OpenApiResponse):
    """A response by a serializer that a setting names, looked up when the document is made."""

    def __init__(self, serializer: Callable[[], type[serializers.BaseSerializer[Any]]]) -> None:
        self._serializer = serializer
        super().__init__()

    @property
    def response(self) -> type[serializers.BaseSerializer[Any]]:
        return self._serializer()

    @response.setter
    def response(self, value: object) -> None:
        """Take what the parent's constructor assigns, which is nothing."""


DONE = {204: OpenApiResponse(description="Done.")}
ACCEPTED = {
    202: OpenApiResponse(
        EmptySerializer, description="Accepted. The outcome, if there is one, is sent by e-mail."
    )
}


#: An answer: a list by the ``serializer_class`` of the view, which a subclass may replace.
LISTED = OpenApiResponse()


@dataclass(frozen=True, slots=True)
class Operation:
    """What :func:`operation` says of a method."""

    operation_id: str
    summary: str
    answers: Mapping[int, Any]
    refuses: tuple[ErrorClass, ...]
    schema: Mapping[str, Any]

    def document(self, view: Any, method: str, target: Callable[..., Any]) -> None:
        """Lay the documentation over that which the target has."""
        errors = [*_shared_refusals(view, method, self.schema), *self.refuses]
        answers = {
            status: view.serializer_class(many=True) if answer is LISTED else answer
            for status, answer in self.answers.items()
        }
        extend_schema(
            tags=[view.tag],
            summary=self.summary,
            responses={**answers, **_responses(errors)},
            methods=[method],
            **self.schema,
        )(target)


def operation(
    operation_id: str,
    summary: str,
    answers: Mapping[int, Any],
    *,
    refuses: Iterable[ErrorClass] = (),
    **schema: Any,
) -> Callable[[Handler], Handler]:
    """Document a method of an ``AuthkitView``, also for subclasses that override it.

    :param answers: the responses of success by status.
    :param refuses: errors that this operation raises and others of its kind do not.
    :param schema: more arguments for ``extend_schema``; a ``request`` says that DELETE has a body.
    """
    said = Operation(operation_id, summary, answers, tuple(refuses), schema)

    def declare(handler: Handler) -> Handler:
        handler.operation = said  # type: ignore[attr-defined]  # an attribute of ours
        return handler

    return declare


class OperationSchema(ViewInspector):
    """The ``schema`` of an ``AuthkitView``: what :func:`operation` says, for each class of view.

    drf-spectacular lays what ``extend_schema`` says of a subclass over it.

    :param is_on: whether the view is in the document at all.
    """

    def __init__(self, is_on: Callable[[], bool] = lambda: True) -> None:
        super().__init__()
        self.is_on = is_on

    def __get__(self, instance: Any, owner: Any) -> Any:
        found = super().__get__(instance, owner)
        if found is not self:
            return found  # what the generator has set
        if not self.is_on():
            return None
        made = _schema_class(owner)()
        made.view = instance
        return made


def _schema_class(view: Any) -> Any:
    """Return a subclass of ``DEFAULT_SCHEMA_CLASS`` that documents the methods of a view."""

    def documented() -> None:
        """Carry what ``extend_schema`` collects."""

    operation_ids: dict[str, str] = {}
    for method in view.http_method_names:
        overriding = (vars(each).get(method) for each in view.__mro__)
        said = [one.operation for one in overriding if hasattr(one, "operation")]
        if said:
            said[0].document(view, method.upper(), documented)
            operation_ids[method.upper()] = said[0].operation_id
    collected: Mapping[str, Any] = getattr(documented, "kwargs", {})
    return _exact(collected.get("schema", api_settings.DEFAULT_SCHEMA_CLASS), operation_ids)


#: The path that has an operation id, for the registry of each document that is being made.
_paths: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


def _exact(inspector: Any, operation_ids: Mapping[str, str]) -> Any:
    """Return a subclass of a schema class that describes bodies as exactly as they are checked.

    Fields refuse blank strings (minLength), and a StrictSerializer refuses unknown members
    (additionalProperties). It gives each method its operation id. Where a second include adds an
    operation again, its id comes from its path: drf-spectacular would number them, and warn.
    """

    class Exact(inspector):  # type: ignore[misc]  # known at run time only
        def get_operation_id(self) -> str:
            operation_id = operation_ids.get(self.method)
            if operation_id is None:
                return str(super().get_operation_id())
            first = _paths.setdefault(self.registry, {}).setdefault(operation_id, self.path)
            if first == self.path:
                return operation_id
            return re.sub(r"\W+", "_", f"authkit_{self.method.lower()}{self.path}").rstrip("_")

        # drf-spectacular has no seam between these two and an extension for each class, which
        # would have to be imported at every start.
        def _map_serializer(self, serializer: Any, direction: str, *args: Any) -> Any:
            schema = super()._map_serializer(serializer, direction, *args)
            if _is_sent(direction) and isinstance(serializer, StrictSerializer):
                schema["additionalProperties"] = False
            return schema

        def _map_serializer_field(self, field: Any, direction: str, *args: Any) -> Any:
            schema = super()._map_serializer_field(field, direction, *args)
            is_text = isinstance(field, StrictCharField) and not field.allow_blank
            if _is_sent(direction) and is_text and not field.read_only:
                schema.setdefault("minLength", 1)
            return schema

    return Exact


def _is_sent(direction: str) -> bool:
    """Tell whether a component describes what clients send, be it for both directions."""
    return direction == "request" or not spectacular_settings.COMPONENT_SPLIT_REQUEST


def _shared_refusals(view: Any, method: str, schema: Mapping[str, Any]) -> Iterator[ErrorClass]:
    for part in (view, *view.authentication_classes, *view.permission_classes):
        if getattr(part, "applies_to", lambda method: True)(method):
            yield from getattr(part, "refuses", ())
    if method in ("POST", "PUT", "PATCH") or schema.get("request"):
        yield from (ValidationError, UnsupportedMediaType)
    if any(one.location == OpenApiParameter.PATH for one in schema.get("parameters", ())):
        yield NotFound


def _responses(errors: Iterable[ErrorClass]) -> dict[int, OpenApiResponse]:
    by_status: dict[int, list[ErrorClass]] = {}
    for error in dict.fromkeys(errors):
        by_status.setdefault(error.status_code, []).append(error)
    return {
        status: OpenApiResponse(
            _BAD_REQUEST if ValidationError in found else ErrorSerializer,
            description=_described(status, found),
            examples=[*_examples(found)],
        )
        for status, found in sorted(by_status.items())
    }


def _examples(errors: Iterable[ErrorClass]) -> Iterator[OpenApiExample]:
    for error in errors:
        # The members of a ValidationError are those of the body: its example is the other reason.
        shown = ParseError if error is ValidationError else error
        value = {"detail": _detailed(shown), "code": shown.default_code}
        yield OpenApiExample(str(shown.default_code), value)


def _detail(error: ErrorClass) -> str:
    with override(None):
        return str(_SHOWN.get(error) or error.default_detail)


_detailed = lazy(_detail, str)


def _describe(status: int, errors: Iterable[ErrorClass]) -> str:
    with override(None):  # the rest of the document is in English, too
        sentences = [
            _SENTENCES.get(error) or f"`{error.default_code}`: {error.default_detail}"
            for error in errors
        ]
    if status in RETRY_AFTER:
        sentences.append("See the header `Retry-After`.")
    return " ".join(sentences)


_described = lazy(_describe, str)
