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
from authkit.schema.views.permission_tree import is_key_permission

AUTHORIZATION = "HTTP_AUTHORIZATION"

#: Credentials that are presented together: authenticators and key permissions.
Alternative = tuple[Any, ...]


@dataclass(frozen=True)
class Description:
    """How one credential is written: its requirements, and the schemes that they name.

    ``scoped`` are those of the schemes whose credentials hold scopes.
    """

    source: type
    requirements: tuple[Requirement, ...]
    definitions: Mapping[str, Any]
    scoped: frozenset[str] = frozenset()


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
            extension = OpenApiAuthenticationExtension.get_match(credential)
            found = _describe_by(extension, credential, inspector) if extension else None
        if _is_the_same_everywhere(extension):
            self.described[kind] = found
        return found


def _is_the_same_everywhere(extension: Any) -> bool:
    """Tell whether drf-spectacular or authkit wrote it; a project may write scopes by view."""
    described_by = type(getattr(extension, "ancestor", extension))
    return described_by.__module__.partition(".")[0] in ("builtins", "drf_spectacular", "authkit")


def _describe_by(extension: Any, authenticator: Any, inspector: Any) -> Description:
    required = extension.get_security_requirement(inspector)
    names, definitions = extension.name, extension.get_security_definition(inspector)
    if isinstance(names, str):
        names, definitions = [names], [definitions]
    requirements = [required] if isinstance(required, dict) else required or []
    schemes = dict(zip(names, definitions, strict=False))
    holding = names if getattr(authenticator, "holds_scopes", False) else ()
    scoped = frozenset(getattr(extension, "scoped", holding))
    return Description(type(authenticator), tuple(requirements), schemes, scoped)


def _describe_key(permission: Any) -> Description:
    name = key_scheme_name(type(permission))
    header = key_header(permission)
    if header == AUTHORIZATION:
        keyword = permission.key_parser.keyword
        definition = build_bearer_security_scheme_object(header, keyword)
    else:
        shown = header.removeprefix("HTTP_").replace("_", "-").title()
        definition = {"type": "apiKey", "in": "header", "name": shown}
    return Description(type(permission), ({name: []},), {name: definition})


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
