from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest
from authkit.schema.rules.committed_schema_stale import RULE

from tests.schema.documents import OpenView, ProtectedView, audited_schema, route, view

WITHOUT_SECURITY = view(OpenView, permission_classes=[])
ROUTES = (route(ProtectedView, "a/"), route(WITHOUT_SECURITY, "b/"))


def found(change=lambda document: None):
    """Return what is found if *change* happened to the project after the file was written."""
    schema = audited_schema(*ROUTES)
    live = deepcopy(schema.document)
    change(live)
    offences = RULE.look(replace(schema, live=live))
    return [(one.place.label, one.subject) for one in offences]


def test_an_operation_that_is_new_is_found():
    def change(live):
        live["paths"]["/c/"] = {"post": {}}

    assert found(change) == [("POST /c/", "")]


def test_an_operation_that_is_gone_is_found():
    def change(live):
        del live["paths"]["/b/"]

    assert found(change) == [("GET /b/", "")]


def test_another_security_is_found():
    def change(live):
        live["paths"]["/b/"]["get"]["security"] = [{"jwtAuth": []}]

    assert found(change) == [("GET /b/", "")]


def test_another_security_at_the_root_is_found_where_it_is_inherited():
    def change(live):
        live["security"] = [{"jwtAuth": []}]

    assert found(change) == [("GET /b/", "")]


@pytest.mark.parametrize("scheme", ["jwtAuth", "newAuth"])
def test_another_scheme_is_found(scheme):
    def change(live):
        live["components"]["securitySchemes"][scheme] = {"type": "http", "scheme": "basic"}

    assert found(change) == [("the document", scheme)]


def test_the_same_document_is_left_alone():
    assert found() == []


def test_other_words_are_left_alone():
    def change(live):
        live["info"]["version"] = "2"
        live["paths"]["/b/"]["get"]["description"] = "Once more."

    assert found(change) == []


@pytest.mark.parametrize("security", [[], [{}]], ids=str)
def test_another_way_to_write_public_is_left_alone(security):
    def change(live):
        live["paths"]["/b/"]["get"]["security"] = security

    assert found(change) == []


def test_a_document_that_comes_from_no_file_is_left_alone():
    assert list(RULE.look(audited_schema(*ROUTES))) == []
