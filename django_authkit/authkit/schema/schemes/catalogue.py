"""The security schemes of a whole document, each under one name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count, product
from typing import Any

from authkit.schema.openapi.document import Requirement, fingerprint, mapping
from authkit.schema.openapi.scheme_names import dotted, scheme_name
from authkit.schema.schemes.describer import Description


@dataclass(frozen=True)
class Catalogue:
    """The schemes of a whole document, each under the name that it has in the end.

    ``names`` leads from the name and definition that a description brings to the final name;
    ``merged`` from a name that is given up to the one that stands for it. ``shared`` are the names
    that are claimed by definitions which differ, with the classes that bring these. ``mistaken``
    are names that drf-spectacular writes for a credential that has another one.
    """

    names: Mapping[tuple[str, str], str]
    definitions: Mapping[str, Any]
    merged: Mapping[str, str]
    shared: Mapping[str, Sequence[type]]
    mistaken: Collection[str] = ()
    written: dict[int, list[Requirement]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(
        cls,
        descriptions: Iterable[Description],
        existing: Mapping[str, Any],
        aliases: Mapping[str, str],
    ) -> Catalogue:
        """Name every scheme of *descriptions*, so that no two definitions share a name.

        Two credentials may have definitions that are equal in every byte, and tokens of which each
        is refused by the other's views. So names become one for a credential that has several, and
        for *aliases*.

        *existing* are the definitions in the document, *aliases* names that mean another one's.
        """
        descriptions = _each_once(descriptions)
        claims = _claims(descriptions)
        keepers = {name: _keeper(name, claimed, existing) for name, claimed in claims.items()}
        names = {(name, print_): name for name, print_ in keepers.items()}
        definitions = {
            name: existing.get(name, claims[name][print_][1]) for name, print_ in keepers.items()
        }
        for name, print_, (source, definition) in _others(claims, keepers):
            own_name = scheme_name(source, taken=name)
            final = _free_name(own_name, definition, existing, definitions)
            names[name, print_] = final
            definitions[final] = definition
        several = _names_of_one_credential(descriptions, names, definitions)
        merged = _merged(existing.keys() | definitions.keys(), several, aliases)
        final_names = {key: merged.get(name, name) for key, name in names.items()}
        sources = {name: [source for source, _ in one.values()] for name, one in claims.items()}
        shared = {name: found for name, found in sorted(sources.items()) if len(found) > 1}
        mistaken = {name for description in descriptions for name in description.mistaken}
        return cls(final_names, definitions, merged, shared, mistaken)

    def requirements(self, description: Description) -> list[Requirement]:
        """Return the requirements of one credential under the final names."""
        if id(description) not in self.written:
            self.written[id(description)] = self._renamed(description)
        return self.written[id(description)]

    def _renamed(self, description: Description) -> list[Requirement]:
        names = self.final_names(description)
        return [
            {names.get(name, name): scopes for name, scopes in requirement.items()}
            for requirement in description.requirements
        ]

    def final_names(self, description: Description) -> dict[str, str]:
        """Return the final names of the schemes that *description* defines, by its own names."""
        return {
            name: self.names[name, credential_of(definition)]
            for name, definition in description.definitions.items()
        }

    def names_of(self, descriptions: Iterable[Description | None]) -> set[str]:
        """Return the final names of all schemes in *descriptions*."""
        known = [item for item in descriptions if item is not None]
        defined = {name for item in known for name in self.final_names(item).values()}
        required = (self.requirements(item) for item in known)
        return defined | {name for each in required for item in each for name in item}

    @cached_property
    def credential_names(self) -> set[str]:
        """Every name, final or given up, that stands for a credential met on a view."""
        known = (self.definitions, self.merged, self.mistaken)
        return {*chain.from_iterable(known), *(name for name, _ in self.names)}


def credential_of(definition: Any) -> str:
    """Return the same text for definitions under one name that ask for the same credential.

    Two packages describe one bearer token in different words. Of an ``apiKey``, the description
    may say more than the definition: drf-spectacular writes a keyword there.
    """
    is_described_whole = mapping(definition).get("type") == "http"
    return fingerprint({**definition, "description": ""} if is_described_whole else definition)


def _each_once(descriptions: Iterable[Description]) -> list[Description]:
    different = {id(description): description for description in descriptions}.values()
    return sorted(different, key=lambda item: dotted(item.source))


Claims = dict[str, dict[str, tuple[type, Any]]]


def _claims(descriptions: Iterable[Description]) -> Claims:
    """Return, by name and fingerprint, the class that brings a definition and the definition."""
    claims: Claims = {}
    for description in descriptions:
        for name, definition in description.definitions.items():
            claim = (description.source, definition)
            claims.setdefault(name, {}).setdefault(credential_of(definition), claim)
    return claims


def _keeper(name: str, claimed: Mapping[str, Any], existing: Mapping[str, Any]) -> str:
    """Return the fingerprint of the definition that keeps *name*: the documented one, if any."""
    documented = credential_of(existing.get(name))
    return documented if documented in claimed else next(iter(claimed))


def _others(
    claims: Claims, keepers: Mapping[str, str]
) -> Iterator[tuple[str, str, tuple[type, Any]]]:
    for name, claimed in sorted(claims.items()):
        for print_, claim in claimed.items():
            if print_ != keepers[name]:
                yield name, print_, claim


def _free_name(
    name: str, definition: Any, existing: Mapping[str, Any], given: Collection[str]
) -> str:
    """Return *name*, with a number if it is *given* or stands for another definition already."""
    candidates = chain([name], (f"{name}{number}" for number in count(2)))
    own = fingerprint(definition)
    return next(
        one
        for one in candidates
        if one not in given and fingerprint(existing.get(one, definition)) == own
    )


def _names_of_one_credential(
    descriptions: Iterable[Description],
    names: Mapping[tuple[str, str], str],
    definitions: Mapping[str, Any],
) -> dict[str, str]:
    """Return the names of credentials that have several, each with the one that stands for it."""
    named: dict[tuple[type, str], set[str]] = {}
    for description in descriptions:
        if len(description.definitions) == 1:  # others are presented together, or as alternatives
            for name, definition in description.definitions.items():
                final = names[name, credential_of(definition)]
                key = description.issued_as, fingerprint(definitions[final])
                named.setdefault(key, set()).add(final)
    return {name: min(several) for several in named.values() for name in several - {min(several)}}


def _merged(
    defined: Collection[str], several: Mapping[str, str], aliases: Mapping[str, str]
) -> dict[str, str]:
    """Return the names that are given up, each with the one that stands for it."""
    meant = {
        name: several.get(other, other)
        for name, other in aliases.items()
        if {name, other} <= {*defined} and name != several.get(other, other)
    }
    return {name: meant.get(other, other) for name, other in several.items()} | meant


def combined(requirements: Iterable[list[Requirement]]) -> list[Requirement]:
    """Return the requirements that demand one of each list together."""
    return [
        # New lists: one object in two places becomes an alias in YAML.
        {name: list(scopes) for part in parts for name, scopes in part.items()}
        for parts in product(*requirements)
    ]
