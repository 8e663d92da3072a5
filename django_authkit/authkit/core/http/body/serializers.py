"""The bases of our serializers: their components cannot collide with those of a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.drainage import set_override
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

PREFIX = "Authkit"


# Comments instead of docstrings: drf-spectacular would describe every subclass by them.
# drf-spectacular names a component after its class, and of two components with one name only the
# first is written. Ours are prefixed; what a project derives from them has the name of its class,
# and no example, which would lack its fields.
class AuthkitSerializer(serializers.Serializer[Any]):
    _spectacular_annotation: Mapping[str, Any]

    #: A body as it is sent or answered, for Swagger UI.
    example: Mapping[str, Any] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        inherited: Mapping[str, Any] = getattr(cls, "_spectacular_annotation", {})
        cls._spectacular_annotation = {
            key: value
            for key, value in inherited.items()
            if key not in ("component_name", "examples")
        }
        if cls.__module__.startswith("authkit."):
            set_override(cls, "component_name", PREFIX + cls.__name__)
            if "example" in vars(cls):
                set_override(cls, "examples", [_as_openapi(cls.example)])


def _as_openapi(example: object) -> OpenApiExample:
    # drf-spectacular would write it for 200 and 201 only.
    return OpenApiExample("Example", example, status_codes=[200, 201, 202])


# Refuses unknown fields instead of ignoring them (mass assignment, OWASP API3:2023).
class StrictSerializer(AuthkitSerializer):
    default_error_messages = {
        "unknown_field": _("This field does not exist or is read-only."),
    }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            self._refuse_unknown(data)
        return super().to_internal_value(data)

    def _refuse_unknown(self, data: Mapping[str, Any]) -> None:
        unknown = [name for name in data if name not in self.fields or self.fields[name].read_only]
        if unknown:
            message = str(self.error_messages["unknown_field"])
            error = serializers.ErrorDetail(message, code="unknown_field")
            # Names as a client sends them: lone surrogates could not be encoded again.
            names = (str(name).encode("ascii", "backslashreplace").decode() for name in unknown)
            raise serializers.ValidationError({name: [error] for name in names})


class NamedChoiceField(serializers.ChoiceField):
    """A choice whose component has a name of its own.

    The hook of drf-spectacular names enums after their field, which a project may use as well.
    """

    def __init__(self, choices: Any, *, component: str, **options: Any) -> None:
        super().__init__(choices, **options)
        schema = {"type": "string", "enum": list(self.choices)}
        set_override(self, "field", schema)
        set_override(self, "field_component_name", PREFIX + component)
