"""Describes what a caller presents, authenticators and key permissions, as security schemes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count, product
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object, whitelisted
from drf_spectacular.settings import spectacular_settings

from authkit.schema.answers import anything_but_ctrl_c
from authkit.schema.decide import Alternative
from authkit.schema.document import Requirement, fingerprint
from authkit.schema.names import dotted, key_scheme_name, scheme_name
from authkit.schema.permissions import is_key_permission
from authkit.schema.quarantine import watching

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


@dataclass(frozen=True)
class Describer:
    """Describes credentials, and those that every view describes alike only once."""

    known: dict[type, Description | None] = field(default_factory=dict)

    def describe(self, credential: Any, inspector: Any) -> Description | None:
        kind = type(credential)
        if kind in self.known:
            return self.known[kind]
        with watching():
            description = describe_credential(credential, inspector)
        if is_key_permission(credential) or _is_the_same_everywhere(credential):
            self.known[kind] = description
        return description


def _is_the_same_everywhere(authenticator: Any) -> bool:
    """Tell whether drf-spectacular or we describe it; a project may write scopes by view."""
    with GENERATOR_STATS.silence():
        extension: Any = OpenApiAuthenticationExtension.get_match(authenticator)
    described_by = type(getattr(extension, "ancestor", extension))
    return described_by.__module__.partition(".")[0] in ("builtins", "drf_spectacular", "authkit")


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
        permission.get_key(request)
    except anything_but_ctrl_c():  # the host's code may want more of a request
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
    written: dict[int, list[Requirement]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(
        cls,
        descriptions: Iterable[Description],
        existing: Mapping[str, Any],
        aliases: Mapping[str, str],
    ) -> Catalogue:
        """Name every scheme of *descriptions*, so that no two definitions share a name.

        *existing* are the definitions in the document, *aliases* names that mean another one's.
        """
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
        merged = _merged({**existing, **definitions}, definitions, aliases)
        final_names = {key: merged.get(name, name) for key, name in names.items()}
        return cls(final_names, definitions, merged)

    def requirements(self, description: Description) -> list[Requirement]:
        """Return the requirements of one credential under the final names."""
        if id(description) not in self.written:
            self.written[id(description)] = self._renamed(description)
        return self.written[id(description)]

    def _renamed(self, description: Description) -> list[Requirement]:
        names = {
            name: self.names[name, fingerprint(definition)]
            for name, definition in description.definitions.items()
        }
        return [
            {names.get(name, name): scopes for name, scopes in requirement.items()}
            for requirement in description.requirements
        ]

    def names_of(self, descriptions: Iterable[Description | None]) -> set[str]:
        """Return the final names of all schemes in *descriptions*."""
        found = (self.requirements(item) for item in descriptions if item is not None)
        return {name for requirements in found for item in requirements for name in item}

    @cached_property
    def known(self) -> set[str]:
        """Every name, final or given up, that stands for a credential met on a view."""
        return {*self.definitions, *self.merged, *(name for name, _ in self.names)}

    @cached_property
    def shared(self) -> set[str]:
        """The names that several definitions claimed; see :func:`shared_names`."""
        claims = Counter(name for name, _ in self.names)
        return {name for name, number in claims.items() if number > 1}


Claims = dict[str, dict[str, tuple[type, Any]]]


def _claims(descriptions: Iterable[Description]) -> Claims:
    """Return, by name and fingerprint, the class that brings a definition and the definition."""
    claims: Claims = {}
    different = {id(description): description for description in descriptions}.values()
    for description in sorted(different, key=lambda item: dotted(item.source)):
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


def _merged(
    defined: Mapping[str, Any], ours: Mapping[str, Any], aliases: Mapping[str, str]
) -> dict[str, str]:
    """Return the names that are given up, each with the one that stands for it."""
    equal = _equal_definitions(ours)
    meant = {
        name: equal.get(other, other)
        for name, other in aliases.items()
        if {name, other} <= defined.keys() and name != equal.get(other, other)
    }
    return {name: meant.get(other, other) for name, other in equal.items()} | meant


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
