"""Reads a document from a file, with the lines at which its parts stand."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import yaml

from authkit.schema.openapi.collection import paused_collection
from authkit.schema.openapi.document import Document, mapping, security_schemes

STDIN = "-"

#: Ten thousand operations come to some twenty megabytes.
MAX_BYTES = 32 * 1024 * 1024

#: A few aliases of aliases of aliases make a small file enormous.
MAX_VALUES = 10_000_000

#: Real documents are not nested so deeply.
MAX_DEPTH = 200

#: Paths, methods and schemes stand at most so deep.
DEPTH = 3

JSON_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:\n]')

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

Keys = tuple[str, ...]
Lines = dict[Keys, int]

# libyaml is ten times as fast, and not everywhere.
YAMLLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(Exception):
    """The file is not there, or cannot be opened; the message says why."""


class NoDocument(Exception):
    """There is a file, and no OpenAPI document in it; the message says why."""


@dataclass(frozen=True)
class Committed:
    """A document, the name of its file, and where its parts stand in it."""

    name: str
    document: Document
    find_lines: Callable[[], Lines] = field(repr=False)

    @cached_property
    def lines(self) -> Lines:
        """The line of each key of the first three levels, by the keys that lead there."""
        return self.find_lines()

    def line(self, *keys: str) -> int:
        """Return the line of the last of *keys* that the file has; 1 if it has none of them."""
        return next((self.lines[at] for at in _shortened(keys) if at in self.lines), 1)


def _shortened(keys: Keys) -> Iterator[Keys]:
    for length in range(len(keys), 0, -1):
        yield keys[:length]


def read_committed(name: str) -> Committed:
    """Read YAML or JSON from the file *name*, or from standard input if it is ``-``.

    Raises ``Unreadable`` or ``NoDocument``.
    """
    text = _text(_bytes(name))
    try:
        document, find_lines = _read(text)
    except RecursionError:
        raise NoDocument("it is nested too deeply.") from None
    except (yaml.YAMLError, ValueError) as error:
        raise NoDocument(f"it is neither YAML nor JSON ({' '.join(str(error).split())}).") from None
    _require_openapi(document)
    if SURROGATE.search(text):
        _require_characters(document)
    _inline(document)
    return Committed("stdin" if name == STDIN else name, document, find_lines)


def _bytes(name: str) -> bytes:
    if name == STDIN and (sys.stdin is None or sys.stdin.closed):
        raise Unreadable("standard input is closed, so - cannot be read.")
    try:
        if name == STDIN:
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {error.strerror}.") from None
    if len(content) > MAX_BYTES:
        raise NoDocument(f"it is larger than {MAX_BYTES // 1024**2} MB.")
    return content


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoDocument("it is not UTF-8 text.") from None
    if not text.strip():
        raise NoDocument("it is empty.")
    return text


def _read(text: str) -> tuple[Any, Callable[[], Lines]]:
    if text.lstrip().startswith("{"):
        with suppress(json.JSONDecodeError):  # YAML may begin so as well
            return _read_json(text)
    return _read_yaml(text)


def _read_json(text: str) -> tuple[Any, Callable[[], Lines]]:
    return json.loads(text), partial(_json_lines, text)


def _json_lines(text: str) -> Lines:
    lines: Lines = {}
    line, at = 1, list[str]()
    key, key_line = "", 1
    for match in JSON_PARTS.finditer(text):
        found = match[0]
        if found == "\n":
            line += 1
        elif found in "{[":
            at.append(key)
        elif found in "}]":
            at.pop()
        elif found == ":" and len(at) <= DEPTH:
            lines[(*at[1:], key)] = key_line
        elif len(at) <= DEPTH:
            key, key_line = json.loads(found), line
    return lines


def _read_yaml(text: str) -> tuple[Any, Callable[[], Lines]]:
    _require_shallow(text)
    loader = YAMLLoader(text)
    try:
        with paused_collection():
            node = loader.get_single_node()
            document = loader.construct_document(node) if node else None
    except (ArithmeticError, AttributeError, LookupError, TypeError):
        # PyYAML trusts a tag: "!!bool maybe" is a KeyError.
        raise NoDocument("a value in it is not what its tag says, as in !!bool maybe.") from None
    finally:
        loader.dispose()
    if "&" in text:
        _require_finite(document)
    return document, partial(_yaml_lines, node)


def _require_shallow(text: str) -> None:
    """Events are read in a loop; what builds objects of them calls itself until it crashes."""
    depth = 0
    for event in yaml.parse(text, Loader=YAMLLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise RecursionError


def _yaml_lines(node: Any, at: Keys = ()) -> Lines:
    lines: Lines = {}
    if len(at) < DEPTH and isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*at, str(key.value))
            lines[here] = key.start_mark.line + 1
            lines |= _yaml_lines(value, here)
    return lines


def _require_openapi(document: Any) -> None:
    if not isinstance(document, dict):
        raise NoDocument("it holds no object, so it is no OpenAPI document.")
    if "swagger" in document:
        raise NoDocument("it is Swagger 2.0, and only OpenAPI 3 can be audited.")
    if not str(document.get("openapi", "")).startswith("3."):
        raise NoDocument('it has no "openapi: 3...", so it is no OpenAPI 3 document.')


def _require_characters(document: Any) -> None:
    """JSON can name halves of characters, which no file and no terminal takes."""
    try:
        json.dumps(document, ensure_ascii=False, skipkeys=True, default=str).encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start : error.end].encode("ascii", "backslashreplace").decode()
        raise NoDocument(f"it holds half a character ({half}).") from None


def _require_finite(document: Any) -> None:
    if _size(document, {}, set()) > MAX_VALUES:
        raise NoDocument("its aliases repeat each other too often.")


def _size(value: Any, known: dict[int, int], above: set[int]) -> int:
    """Return how many values there are, counting what is aliased each time."""
    if not isinstance(value, dict | list):
        return 1
    this = id(value)
    if this in above:
        raise NoDocument("an alias in it leads back to itself.")
    if this not in known:
        above.add(this)
        parts = value.values() if isinstance(value, dict) else value
        known[this] = 1 + sum(_size(part, known, above) for part in parts)
        above.remove(this)
    return known[this]


def _inline(document: Document) -> None:
    """Put what path items and security schemes refer to in the place of the reference."""
    for holder in (mapping(document.get("paths")), security_schemes(document)):
        for name, item in holder.items():
            if "$ref" in mapping(item):
                holder[name] = _referred(document, name, item)


def _referred(document: Document, name: str, item: Any) -> dict[str, Any]:
    seen: list[str] = []
    while "$ref" in mapping(item):
        reference = str(item["$ref"])
        if reference in seen:
            raise NoDocument(f'the $ref of "{name}" leads back to itself.')
        seen.append(reference)
        item = _target(document, reference)
        if not isinstance(item, dict):
            raise NoDocument(f'the $ref of "{name}" leads to nothing in this file ({reference}).')
    return mapping(item)


def _target(document: Mapping[str, Any], reference: str) -> Any:
    """Follow a JSON pointer such as ``#/components/pathItems/one`` (RFC 6901)."""
    root, *names = reference.split("/")
    found: Any = document if root == "#" else None
    for name in names:
        found = mapping(found).get(name.replace("~1", "/").replace("~0", "~"))
    return found
