"""Describes what a caller presents, authenticators and key permissions, as security schemes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object, whitelisted
from drf_spectacular.settings import spectacular_settings

from authkit.schema.openapi.document import Requirement
from authkit.schema.openapi.scheme_names import key_scheme_name
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.sandbox.guards import watching
from authkit.schema.schemes.extensions import find_extension, is_registered
from authkit.schema.views.permission_tree import is_key_permission

AUTHORIZATION = "HTTP_AUTHORIZATION"

#: Credentials that are presented together: authenticators and key permissions.
Alternative = tuple[Any, ...]


@dataclass(frozen=True)
class Description:
    """How one credential is written: its requirements, and the schemes that they name.

    ``scoped`` are those of the schemes whose credentials hold scopes. ``extension`` describes the
    class or its ancestor; ``found`` says that drf-spectacular finds it for the class too, and
    ``required`` that it returns a requirement. ``mistaken`` are the schemes that drf-spectacular
    writes for another ancestor instead. ``model`` is that of a key permission.
    """

    source: type
    requirements: tuple[Requirement, ...]
    definitions: Mapping[str, Any]
    scoped: frozenset[str] = frozenset()
    extension: type | None = None
    found: bool = True
    required: bool = True
    mistaken: Mapping[str, Any] = field(default_factory=dict)
    model: type | None = None

    @property
    def published(self) -> bool:
        """Whether drf-spectacular writes a requirement."""
        return self.found and self.required

    @property
    def issued_as(self) -> type:
        """What one credential has one of: its class, or the model of its keys."""
        return self.model or self.source


@dataclass(frozen=True)
class Describer:
    """Describes credentials, and those that every view describes alike only once."""

    described: dict[type, Description | None] = field(default_factory=dict)

    def describe(self, credential: Any, inspector: Any) -> Description | None:
        """Return the description, None if no extension knows this authenticator."""
        kind = type(credential)
        if kind in self.described:
            return self.described[kind]
        with watching(), GENERATOR_STATS.silence():
            if is_key_permission(credential):
                return self.described.setdefault(kind, _describe_key(credential))
            extension = find_extension(credential)
            found = _describe_by(extension, credential, inspector) if extension else None
        if _is_the_same_everywhere(extension):
            self.described[kind] = found
        return found


def _is_the_same_everywhere(extension: Any) -> bool:
    """Tell whether every view gets the same requirement. It may hold the scopes of the view."""
    described_by = type(_origin(extension))
    package = described_by.__module__.partition(".")[0]
    if package == "drf_spectacular":
        own = described_by.get_security_requirement
        return own is OpenApiAuthenticationExtension.get_security_requirement
    return extension is None or package == "authkit"


def _describe_by(extension: Any, authenticator: Any, inspector: Any) -> Description:
    required = extension.get_security_requirement(inspector)
    written = [required] if isinstance(required, dict) else required or []
    requirements = [one for one in written if one]
    definitions = _definitions(extension, inspector)
    # One that names no requirement reads a credential all the same.
    holding = definitions if getattr(authenticator, "holds_scopes", False) else ()
    return Description(
        type(authenticator),
        tuple(requirements or [{name: [] for name in definitions}]),
        definitions,
        frozenset(getattr(_origin(extension), "scoped", holding)),
        extension=type(_origin(extension)),
        found=is_registered(extension),
        required=bool(requirements),
        mistaken=_mistaken(extension, inspector, definitions),
    )


def _definitions(extension: Any, inspector: Any) -> dict[str, Any]:
    names, definitions = extension.name, extension.get_security_definition(inspector)
    if isinstance(names, str):
        names, definitions = [names], [definitions]
    return dict(zip(names, definitions, strict=False))


def _mistaken(extension: Any, inspector: Any, right: Mapping[str, Any]) -> dict[str, Any]:
    if is_registered(extension):
        return {}
    other = OpenApiAuthenticationExtension.get_match(extension.target)
    found = _definitions(other, inspector) if other else {}
    return {name: found[name] for name in found.keys() - right.keys()}


def _origin(extension: Any) -> Any:
    """Return the extension that was written for the class, or for its ancestor."""
    return getattr(extension, "ancestor", extension)


def _describe_key(permission: Any) -> Description:
    name = key_scheme_name(type(permission))
    header = key_header(permission)
    if header == AUTHORIZATION:
        keyword = permission.key_parser.keyword
        definition = build_bearer_security_scheme_object(header, keyword)
    else:
        shown = header.removeprefix("HTTP_").replace("_", "-").title()
        definition = {"type": "apiKey", "in": "header", "name": shown}
    model = getattr(permission, "model", None)
    return Description(type(permission), ({name: []},), {name: definition}, model=model)


def key_header(permission: Any) -> str:
    """Return the entry of ``request.META`` in which *permission* looks for the key.

    The permission is made to look at an empty request, so a parser of the project is
    described rightly as well.
    """
    request = HttpRequest()
    asked = AskedHeaders()
    request.META = asked
    try:
        permission.get_key(request)
    except host_errors():  # the project's code may need more of a request
        pass
    configured = getattr(settings, "API_KEY_CUSTOM_HEADER", None) or AUTHORIZATION
    return next(iter(asked.names), configured)


class AskedHeaders(dict[str, Any]):
    """Request headers, all absent, that remember which of them were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def get(self, key: str, default: Any = None) -> Any:
        if key.startswith("HTTP_"):
            self.names.append(key)
        return default

    def __getitem__(self, key: str) -> Any:
        self.get(key)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        self.get(str(key))
        return False


def is_whitelisted(alternative: Alternative) -> bool:
    """Tell whether AUTHENTICATION_WHITELIST lets every authenticator of *alternative* through."""
    allowed = spectacular_settings.AUTHENTICATION_WHITELIST
    return all(is_key_permission(one) or whitelisted(one, allowed, True) for one in alternative)
