"""Describes what a caller presents, authenticators and key permissions, as security schemes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count, product
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object, whitelisted
from drf_spectacular.settings import spectacular_settings

from authkit.schema.decide import Alternative
from authkit.schema.document import Requirement, fingerprint
from authkit.schema.gate import forbidden_sql, is_key_permission
from authkit.schema.names import dotted, key_scheme_name, scheme_name

AUTHORIZATION = "HTTP_AUTHORIZATION"


@dataclass(frozen=True)
class Description:
    """How one credential is written: its requirements, and the schemes that they name."""

    source: type
    requirements: tuple[Requirement, ...]
    definitions: Mapping[str, Any]


def describe_credential(credential: Any, inspector: Any) -> Description | None:
    """Return the description, None if no extension knows this authenticator."""
    if is_key_permission(credential):
        return _describe_key(credential)
    with GENERATOR_STATS.silence():
        extension = OpenApiAuthenticationExtension.get_match(credential)
        return _describe_by(extension, credential, inspector) if extension else None


def _describe_by(extension: Any, authenticator: Any, inspector: Any) -> Description:
    wanted = extension.get_security_requirement(inspector)
    names, definitions = extension.name, extension.get_security_definition(inspector)
    if isinstance(names, str):
        names, definitions = [names], [definitions]
    requirements = [wanted] if isinstance(wanted, dict) else wanted or []
    schemes = dict(zip(names, definitions, strict=False))
    return Description(type(authenticator), tuple(requirements), schemes)


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

    The permission is made to look at an empty request, so a parser of the project's own tells
    the truth as well.
    """
    request = HttpRequest()
    asked = AskedHeaders()
    request.META = asked
    try:
        with forbidden_sql():
            permission.get_key(request)
    except Exception:  # noqa: S110 (the host's code may fail in any way on an empty request)
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


@dataclass(frozen=True)
class Catalogue:
    """The schemes of a whole document, each under the name that it has in the end.

    ``names`` leads from the name and definition that a description brings to the final name;
    ``merged`` from a name that is given up to the one that stands for it.
    """

    names: Mapping[tuple[str, str], str]
    definitions: Mapping[str, Any]
    merged: Mapping[str, str]

    @classmethod
    def of(cls, descriptions: Iterable[Description], existing: Mapping[str, Any]) -> Catalogue:
        """Name every scheme of *descriptions*, so that no two definitions share a name."""
        claims = _claims(descriptions)
        keepers = {name: _keeper(name, claimed, existing) for name, claimed in claims.items()}
        names = {(name, print_): name for name, print_ in keepers.items()}
        definitions = {
            name: existing.get(name, claims[name][print_][1]) for name, print_ in keepers.items()
        }
        for name, print_, (source, definition) in _others(claims, keepers):
            own_name = scheme_name(source, taken=name)
            final = _free_name(own_name, definition, {**existing, **definitions})
            names[name, print_] = final
            definitions[final] = definition
        merged = _equal_definitions(definitions)
        final_names = {key: merged.get(name, name) for key, name in names.items()}
        return cls(final_names, definitions, merged)

    def requirements(self, description: Description) -> list[Requirement]:
        """Return the requirements of one credential under the final names."""
        names = {
            name: self.names[name, fingerprint(definition)]
            for name, definition in description.definitions.items()
        }
        return [
            {names.get(name, name): scopes for name, scopes in requirement.items()}
            for requirement in description.requirements
        ]

    @property
    def known(self) -> set[str]:
        """Every name, final or given up, that stands for a credential met on a view."""
        return {*self.definitions, *self.merged, *(name for name, _ in self.names)}


Claims = dict[str, dict[str, tuple[type, Any]]]


def _claims(descriptions: Iterable[Description]) -> Claims:
    """Return, by name and fingerprint, the class that brings a definition and the definition."""
    claims: Claims = {}
    for description in sorted(descriptions, key=lambda item: dotted(item.source)):
        for name, definition in description.definitions.items():
            claim = (description.source, definition)
            claims.setdefault(name, {}).setdefault(fingerprint(definition), claim)
    return claims


def _keeper(name: str, claimed: Mapping[str, Any], existing: Mapping[str, Any]) -> str:
    """Return the fingerprint of the definition that keeps *name*: the documented one, if any."""
    documented = fingerprint(existing.get(name))
    return documented if documented in claimed else next(iter(claimed))


def _others(
    claims: Claims, keepers: Mapping[str, str]
) -> Iterator[tuple[str, str, tuple[type, Any]]]:
    for name, claimed in sorted(claims.items()):
        for print_, claim in claimed.items():
            if print_ != keepers[name]:
                yield name, print_, claim


def _free_name(name: str, definition: Any, taken: Mapping[str, Any]) -> str:
    """Return *name*, with a number if it stands for another definition already."""
    candidates = chain([name], (f"{name}{number}" for number in count(2)))
    wanted = fingerprint(definition)
    return next(one for one in candidates if fingerprint(taken.get(one, definition)) == wanted)


def _equal_definitions(definitions: Mapping[str, Any]) -> dict[str, str]:
    first: dict[str, str] = {}
    for name in sorted(definitions):
        first.setdefault(fingerprint(definitions[name]), name)
    stands_for = {name: first[fingerprint(definitions[name])] for name in definitions}
    return {name: other for name, other in stands_for.items() if name != other}


def shared_names(descriptions: Iterable[Description]) -> dict[str, list[type]]:
    """Return the names that are claimed by definitions which differ, with the classes."""
    return {
        name: [source for source, _ in claimed.values()]
        for name, claimed in sorted(_claims(descriptions).items())
        if len(claimed) > 1
    }


def shown(alternative: Alternative) -> bool:
    """Tell whether AUTHENTICATION_WHITELIST lets every authenticator of *alternative* through."""
    allowed = spectacular_settings.AUTHENTICATION_WHITELIST
    return all(is_key_permission(one) or whitelisted(one, allowed, True) for one in alternative)


def combined(requirements: Iterable[list[Requirement]]) -> list[Requirement]:
    """Return the requirements that demand one of each list together."""
    return [
        # New lists: one object in two places becomes an alias in YAML.
        {name: list(scopes) for part in parts for name, scopes in part.items()}
        for parts in product(*requirements)
    ]
