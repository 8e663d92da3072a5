"""Reads and writes the security of an OpenAPI document; knows no view and no server."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

#: The fields of a path item that are operations; the last since OpenAPI 3.2.
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

#: OpenAPI 3.2 lets a requirement name a scheme by its URI.
SCHEME_URI = "#/components/securitySchemes/"

#: Response keys that document the refusal of a missing credential.
REFUSALS = ("401", "403", "4XX", "default")

COMPONENT_NAME = re.compile(r"[a-zA-Z0-9._-]+")

Document = dict[str, Any]
Requirement = dict[str, list[str]]


class Declared(Enum):
    """What a client reads: no credential, an optional one, or a required one."""

    PUBLIC = "public"
    OPTIONAL = "optional"
    SECURED = "secured"


def operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, lower-case method and operation, in the order of the document."""
    for path, item in mapping(document.get("paths")).items():
        for method, operation in mapping(item).items():
            if method in METHODS:
                yield str(path), method, mapping(operation)


def unshare_operations(document: Document) -> list[tuple[Any, Any]]:
    """Give every operation an object of its own. Return the pairs of old and new ones.

    What ``extend_schema(operation=...)`` is given stands in the document as it is, and for as many
    views as share it; what is written for one of them would be said of all.
    """
    moved = []
    for item in mapping(document.get("paths")).values():
        for method, operation in mapping(item).items():
            if method in METHODS and isinstance(operation, dict):
                item[method] = dict(operation)
                moved.append((operation, item[method]))
                if isinstance(operation.get("responses"), dict):
                    item[method]["responses"] = dict(operation["responses"])
    return moved


def security_schemes(document: Document) -> dict[str, Any]:
    return mapping(mapping(document.get("components")).get("securitySchemes"))


def schemes_in(document: Document, requirements: Any) -> set[str]:
    """Return the schemes that *requirements* name, those of other documents left out."""
    names = {name for requirement in named(requirements) for name in requirement}
    if not str(document.get("openapi", "")).startswith("3.2"):
        return names
    ours = {name.removeprefix(SCHEME_URI) for name in names}
    defined = security_schemes(document).keys()
    return {name for name in ours if name in defined or COMPONENT_NAME.fullmatch(name)}


def mentions_scheme(value: Any, name: str) -> bool:
    """Tell whether a requirement or a reference names the scheme, in callbacks and webhooks too."""
    if isinstance(value, list):
        return any(mentions_scheme(one, name) for one in value)
    if not isinstance(value, dict):
        return False
    uri = f"{SCHEME_URI}{name}"
    if any({name, uri}.intersection(one) for one in well_formed(value.get("security"))):
        return True
    if value.get("$ref") == uri:
        return True
    return any(mentions_scheme(one, name) for one in value.values())


def mapping(value: Any) -> dict[str, Any]:
    """Return *value* if it is an object, else an empty one: a file may hold anything anywhere."""
    return value if isinstance(value, dict) else {}


def effective_security(document: Document, operation: Mapping[str, Any]) -> Any:
    """Return the operation's requirements, or those of the root if it has none of its own."""
    return operation.get("security", document.get("security", []))


def well_formed(requirements: Any) -> list[Requirement]:
    """Return the requirements that are objects; a bare scheme name is read as what was meant.

    Scopes that are none are left out.
    """
    return [_scoped(item) for item in named(requirements)]


def named(requirements: Any) -> list[dict[str, Any]]:
    """Do what :func:`well_formed` does, for the names of the schemes alone."""
    if not isinstance(requirements, list):
        return []
    objects = [{item: []} if isinstance(item, str) else item for item in requirements]
    return [item for item in objects if isinstance(item, dict) and all_strings(item)]


def _scoped(requirement: dict[str, Any]) -> Requirement:
    """Return *requirement* itself if its scopes are texts."""
    if all(isinstance(scopes, list) and all_strings(scopes) for scopes in requirement.values()):
        return requirement
    return {
        name: [one for one in scopes if isinstance(one, str)] if isinstance(scopes, list) else []
        for name, scopes in requirement.items()
    }


def all_strings(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def declared_state(requirements: Collection[Requirement]) -> Declared:
    if not any(requirements):
        return Declared.PUBLIC
    return Declared.SECURED if all(requirements) else Declared.OPTIONAL


def responses(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the responses by status; YAML may have read that as a number."""
    found = mapping(operation.get("responses"))
    return {str(status): response for status, response in found.items()}


def documents_refusal(operation: Mapping[str, Any]) -> bool:
    return not responses(operation).keys().isdisjoint(REFUSALS)


def documents(operation: Mapping[str, Any], status: int) -> bool:
    """Tell whether the response *status* is documented, by itself or among others."""
    saying = str(status), f"{status // 100}XX", "default"
    return not responses(operation).keys().isdisjoint(saying)


def fingerprint(value: Any) -> str:
    """Return the same text for equal JSON values. Texts may still be lazy translations."""
    return json.dumps(value, sort_keys=True, default=str)


def deduplicated(requirements: Any, apart: Collection[str] = ()) -> Any:
    """Return the requirements without repetitions; a bare scheme name becomes what was meant.

    Two that name a scheme which is *apart*, because several definitions claim it, may not mean the
    same. Whatever else is malformed stays as it is.
    """
    if not isinstance(requirements, list):
        return requirements
    kept: list[Any] = []
    for item in requirements:
        meant = {item: []} if isinstance(item, str) else item
        is_plain = isinstance(meant, dict) and not set(meant) & set(apart)
        if not (is_plain and meant in kept):
            kept.append(meant)
    return kept


def true_requirements(
    declared: Iterable[Requirement],
    enforced: Collection[Requirement],
    *,
    optional: bool,
    ours: Collection[str],
    added: Collection[Requirement] | None = None,
) -> list[Requirement]:
    """Return *declared*, fixed so that it says *enforced*.

    What is declared rightly keeps its place and its scopes. Requirements of schemes that are not
    *ours* stay: a gateway, for example, enforces them. *added* are the enforced requirements that
    may be written if they are missing; all of them by default.
    """
    sets = [set(requirement) for requirement in enforced]
    kept = [item for item in declared if _is_true(item, sets, ours, optional=optional)]
    missing = [
        item
        for item in (enforced if added is None else added)
        if not any(set(item) == _without_foreign(other, ours) for other in kept)
    ]
    free: list[Requirement] = [{}] if optional else []
    once: list[Requirement] = deduplicated([*kept, *missing, *free])
    return once


def _is_true(
    requirement: Requirement, enforced: list[set[str]], ours: Collection[str], *, optional: bool
) -> bool:
    if not requirement:
        return optional
    own = _without_foreign(requirement, ours)
    return not own or own in enforced


def _without_foreign(requirement: Requirement, ours: Collection[str]) -> set[str]:
    return set(requirement).intersection(ours)


def renamed(requirements: Any, names: Mapping[str, str]) -> Any:
    """Return the requirements with schemes renamed; whatever is malformed stays as it is."""
    if not isinstance(requirements, list):
        return requirements
    return [
        {names.get(name, name): scopes for name, scopes in item.items()}
        if isinstance(item, dict)
        else item
        for item in requirements
    ]
