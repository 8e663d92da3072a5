"""Documents that come from files."""

from __future__ import annotations

import io
import json
import sys

import pytest
from authkit.schema.openapi import committed
from authkit.schema.openapi.committed import NoDocument, Unreadable, read_committed

YAML = """\
openapi: 3.0.3
info: {title: Shop, version: "1"}
security: [{jwtAuth: []}]
paths:
  /orders/:
    get:
      responses:
        200: {description: Orders}
    post:
      responses: {}
components:
  securitySchemes:
    jwtAuth: {type: http, scheme: bearer}
"""
JSON = """\
{
  "openapi": "3.1.0",
  "paths": {
    "/a \\"b\\"/": {
      "get": {"responses": {"get": [{"x": 1}, "{"]}},

      "post": {}
    }
  },
  "security": []
}
"""


@pytest.fixture
def file(tmp_path):
    def write(content, name="openapi.yaml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


class TestLines:
    def test_of_yaml(self, file):
        found = read_committed(file(YAML))
        assert found.line("paths", "/orders/", "get") == 6
        assert found.line("paths", "/orders/", "post") == 9
        assert found.line("components", "securitySchemes", "jwtAuth") == 13

    def test_of_json(self, file):
        found = read_committed(file(JSON))
        assert found.line("paths", '/a "b"/', "get") == 5
        assert found.line("paths", '/a "b"/', "post") == 7
        assert found.line("security") == 10

    def test_of_what_is_not_there_is_that_of_what_is_above_it(self, file):
        found = read_committed(file(YAML))
        assert found.line("paths", "/orders/", "put") == 5
        assert found.line("paths", "/gone/", "get") == 4
        assert found.line("nowhere") == 1


class TestSources:
    def test_standard_input(self, monkeypatch):
        stream = io.TextIOWrapper(io.BytesIO(YAML.encode()))
        monkeypatch.setattr(sys, "stdin", stream)
        found = read_committed("-")
        assert found.name == "stdin"
        assert [*found.document["paths"]] == ["/orders/"]

    def test_a_file_with_a_byte_order_mark(self, file):
        assert read_committed(file(JSON.encode("utf-8-sig"))).document["openapi"] == "3.1.0"

    def test_yaml_that_begins_as_json_does(self, file):
        found = read_committed(file("{openapi: 3.0.3,\n paths: {}}"))
        assert found.document == {"openapi": "3.0.3", "paths": {}}
        assert found.line("paths") == 2

    def test_json_with_both_halves_of_a_character(self, file):
        found = read_committed(file('{"openapi": "3.0.3", "paths": {"/\\ud83d\\ude00/": {}}}'))
        assert [*found.document["paths"]] == ["/\N{GRINNING FACE}/"]

    @pytest.mark.parametrize("stdin", [None, io.StringIO()], ids=["none", "closed"])
    def test_standard_input_that_is_closed_is_unreadable(self, monkeypatch, stdin):
        monkeypatch.setattr(sys, "stdin", stdin)
        if stdin is not None:
            stdin.close()
        with pytest.raises(Unreadable, match="standard input is closed, so - cannot be read"):
            read_committed("-")

    def test_yaml_without_libyaml(self, file, monkeypatch):
        monkeypatch.setattr(committed, "YAMLLoader", committed.yaml.SafeLoader)
        assert read_committed(file(YAML)).line("paths", "/orders/", "get") == 6


BAD = {
    "an empty file": ("", "it is empty"),
    "a file of spaces": (" \n\n", "it is empty"),
    "bytes": (b"\xff\xfe\x00", "not UTF-8"),
    "a control character": ("openapi: \x01", "neither YAML nor JSON"),
    "broken JSON": ('{"openapi": ', "neither YAML nor JSON"),
    "broken YAML": ("a: [1", "neither YAML nor JSON"),
    "a Python object": ("!!python/object/apply:os.getcwd []", "neither YAML nor JSON"),
    "no boolean": ("openapi: 3.0.3\nx: !!bool maybe", "not what its tag says"),
    "no date": ("openapi: 3.0.3\nx: !!timestamp foo", "not what its tag says"),
    "half a character in a path": (
        '{"openapi": "3.0.3", "paths": {"/thing\\ud800/": {}}}',
        r"half a character \(\\ud800\)",
    ),
    "half a character in a scheme": (
        '{"openapi": "3.0.3", "security": [{"\\uDFFFjwt": []}]}',
        r"half a character \(\\udfff\)",
    ),
    "a date that is none": ("openapi: 3.0.3\nx: 2026-99-99", "neither YAML nor JSON"),
    "deep JSON": ('{"a":' + "[" * 100_000, "nested too deeply"),
    "deep YAML": ("a: " + "[" * 100_000, "nested too deeply"),
    "deep lists in YAML": ("- " * 100_000, "nested too deeply"),
    "prose": ("Dear reader", "no object"),
    "a list": ("- 1", "no object"),
    "another file": ("version: 3", 'no "openapi: 3..."'),
    "OpenAPI 4": ("openapi: 4.0.0", 'no "openapi: 3..."'),
    "a number": ("openapi: 2", 'no "openapi: 3..."'),
    "Swagger": ('swagger: "2.0"', "Swagger 2.0"),
    "an alias of itself": ("openapi: 3.0.3\npaths: &a {x: *a}", "leads back to itself"),
    "a path of itself": (
        'openapi: 3.0.3\npaths: {/a: {$ref: "#/paths/~1b"}, /b: {$ref: "#/paths/~1a"}}',
        'the \\$ref of "/a" leads back to itself',
    ),
    "a path of another file": (
        'openapi: 3.0.3\npaths: {/a: {$ref: "a.yaml#/x"}}',
        'the \\$ref of "/a" leads to nothing in this file',
    ),
}


@pytest.mark.parametrize(("content", "reason"), BAD.values(), ids=BAD)
def test_what_is_no_document_is_refused_in_one_sentence(content, reason, file):
    with pytest.raises(NoDocument, match=reason) as error:
        read_committed(file(content))
    assert "\n" not in str(error.value)


def test_aliases_that_multiply_are_refused(file):
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(NoDocument, match="repeat each other too often"):
        read_committed(file("\n".join(["openapi: 3.0.3", "l0: &l0 [x]", *levels])))


def test_a_file_that_is_too_large_is_refused(file, monkeypatch):
    monkeypatch.setattr(committed, "MAX_BYTES", 1024 * 1024)
    with pytest.raises(NoDocument, match="larger than 1 MB"):
        read_committed(file(b" " * (1024 * 1024 + 1)))


def test_a_file_that_is_not_there_is_unreadable(tmp_path):
    with pytest.raises(Unreadable, match="cannot be read: No such file"):
        read_committed(str(tmp_path / "gone.yaml"))
    with pytest.raises(Unreadable, match="cannot be read: Is a directory"):
        read_committed(str(tmp_path))


def test_references_of_paths_and_schemes_are_followed(file):
    document = {
        "openapi": "3.1.0",
        "paths": {"/a": {"$ref": "#/components/pathItems/one~1two"}},
        "components": {
            "pathItems": {"one/two": {"get": {"responses": {}}}},
            "securitySchemes": {
                "a": {"$ref": "#/components/securitySchemes/b"},
                "b": {"type": "http", "scheme": "basic"},
            },
        },
    }
    found = read_committed(file(json.dumps(document))).document
    assert found["paths"]["/a"] == {"get": {"responses": {}}}
    assert found["components"]["securitySchemes"]["a"] == {"type": "http", "scheme": "basic"}


def test_a_circle_of_component_schemas_is_no_fault(file):
    document = {
        "openapi": "3.0.3",
        "paths": {},
        "components": {"schemas": {"Tree": {"items": {"$ref": "#/components/schemas/Tree"}}}},
    }
    assert read_committed(file(json.dumps(document))).document == document
