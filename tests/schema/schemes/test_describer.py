"""Where a key permission looks for its key, and what schemes are called in the end."""

from __future__ import annotations

import pytest
from authkit.schema.schemes.catalogue import Catalogue
from authkit.schema.schemes.describer import Description, key_header
from rest_framework_api_key.permissions import BaseHasAPIKey


def asking(read):
    return type("HasKey", (BaseHasAPIKey,), {"get_key": lambda self, request: read(request)})()


@pytest.mark.parametrize(
    "read",
    [
        lambda request: request.META.get("HTTP_X_KEY"),
        lambda request: request.META.get("REMOTE_ADDR") or request.META.get("HTTP_X_KEY"),
        lambda request: "HTTP_X_KEY" in request.META,
    ],
    ids=["get", "another-first", "contains"],
)
def test_the_header_that_is_read_is_the_header(read):
    assert key_header(asking(read)) == "HTTP_X_KEY"


def test_a_parser_that_fails_without_the_header_has_read_it_already():
    assert key_header(asking(lambda request: request.META["HTTP_X_KEY"])) == "HTTP_X_KEY"


def test_a_parser_that_fails_before_it_asks_leaves_the_librarys_header():
    assert key_header(asking(lambda request: request.tenant)) == "HTTP_AUTHORIZATION"


class Token:
    pass


class OtherToken:
    pass


def test_several_names_of_one_extension_are_several_schemes():
    group = Description(Token, ({"id": [], "secret": []},), {"id": {"n": 1}, "secret": {"n": 2}})
    catalogue = Catalogue.of([group], {}, {})
    assert catalogue.requirements(group) == [{"id": [], "secret": []}]
    assert catalogue.definitions == {"id": {"n": 1}, "secret": {"n": 2}}


def test_the_documented_definition_keeps_a_shared_name():
    first = Description(Token, ({"t": []},), {"t": {"n": 1}})
    second = Description(OtherToken, ({"t": []},), {"t": {"n": 2}})
    catalogue = Catalogue.of([first, second], {"t": {"n": 1}}, {})
    assert catalogue.requirements(first) == [{"t": []}]
    assert catalogue.requirements(second) == [{"otherTokenAuth": []}]


def test_classes_of_the_same_name_get_a_number():
    sources = [type("Same", (), {"__module__": module}) for module in ("a", "b", "c")]
    descriptions = [
        Description(source, ({"t": []},), {"t": {"n": number}})
        for number, source in enumerate(sources)
    ]
    catalogue = Catalogue.of(descriptions, {"sameAuth2": {"n": "of the project"}}, {})
    assert [catalogue.requirements(item) for item in descriptions] == [
        [{"t": []}],
        [{"sameAuth": []}],
        [{"sameAuth3": []}],
    ]
    again = Catalogue.of(descriptions, catalogue.definitions | {"sameAuth2": {"n": "x"}}, {})
    assert again == catalogue
