"""What counts as a change that the hook may not make."""

import json
from copy import deepcopy

import pytest

from tests.real_projects.changes import compare_documents, other_changes

REFUSED = {"description": "The credential is missing or not valid."}
BODY = {"type": "object"}


def document(operation=None, **changes):
    """Return one with an operation; what is None is left out."""
    changed = {"responses": {"200": {"description": "One"}}, "tags": ["a"]} | (operation or {})
    get = {name: value for name, value in changed.items() if value is not None}
    return {"openapi": "3.1.1", "paths": {"/one/": {"parameters": [], "get": get}}, **changes}


def answering(*statuses, **more):
    return {"responses": dict.fromkeys(statuses, REFUSED), **more}


PUBLIC = {"security": []}
WITH_BODIES = {"AuthkitError": BODY, "One": BODY}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (document(), document()),
        (document(), document({"security": [{"jwtAuth": []}]})),
        (document({"security": [{"jwtAuth": []}, {}]}), document({"security": []})),
        (document({"security": [{}]}), document()),
        (document({"x-required-scopes": ["b"]}), document({"x-required-scopes": ["a", "b"]})),
        (document(security=[{"jwtAuth": []}, {"jwtAuth": []}]), document(security=[])),
        (document(), document(components={"securitySchemes": {"jwtAuth": {}}})),
        (document(components={"securitySchemes": {"jwtAuth": {}}}), document()),
        (document(answering("200")), document(answering("200", "401"))),
        (document(answering("200")), document(answering("200", "400", "403", "429"))),
        (document(answering("200")), document(answering("200", "302"))),
        (document(answering("200")), document(answering("401", "200"))),
        (document({"responses": None}), document(answering("403"))),
        (document(answering("200", "401")), document(answering("200") | PUBLIC)),
        (
            document(components={"schemas": {"One": BODY}}),
            document(components={"schemas": WITH_BODIES}),
        ),
        (document(), document(components={"schemas": {"AuthkitError": BODY}})),
    ],
)
def test_security_and_the_refusals_may_change(before, after):
    kept = deepcopy((before, after))
    assert list(other_changes(before, after)) == []
    assert (before, after) == kept


RESPONSES = "#/paths//one//get/responses"


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        (document(), document({"tags": ["b"]}), ["#/paths//one//get/tags"]),
        (document(), document({"tags": None}), ["#/paths//one//get/tags"]),
        (document(), document({"operationId": "one"}), ["#/paths//one//get/operationId"]),
        (document(), document(openapi="3.0.3"), ["#/openapi"]),
        (document(), document(webhooks={}), ["#/webhooks"]),
        (document(), document(paths={}), ["#/paths//one/"]),
        (document(paths={}), document(), ["#/paths//one/"]),
        (document(answering("200")), document(answering("200", "404")), [f"{RESPONSES}/404"]),
        (document(answering("200", "401")), document(answering("200")), [f"{RESPONSES}/401"]),
        (
            document(answering("200", "403")),
            document(answering("200") | PUBLIC),
            [f"{RESPONSES}/403"],
        ),
        (document(answering("4XX")), document(answering("4XX", "401")), [f"{RESPONSES}/401"]),
        (
            document(answering("default")),
            document(answering("default", "429")),
            [f"{RESPONSES}/429"],
        ),
        (
            document({"responses": {"401": {"description": "Own"}}}),
            document(answering("401")),
            [f"{RESPONSES}/401/description"],
        ),
        (
            document(answering("200", "404")),
            document(answering("404", "401", "200")),
            [f"{RESPONSES} (the order)"],
        ),
        (
            document(components={"schemas": {"One": BODY, "Two": BODY}}),
            document(components={"schemas": {"Two": BODY, **WITH_BODIES}}),
            ["#/components/schemas (the order)"],
        ),
        (
            document(components={"schemas": {"AuthkitError": {}}}),
            document(components={"schemas": {"AuthkitError": BODY}}),
            ["#/components/schemas/AuthkitError/type"],
        ),
        (
            document(components={"schemas": {"One": BODY}}),
            document(components={"schemas": {"Two": BODY}}),
            ["#/components/schemas/One", "#/components/schemas/Two"],
        ),
        (document({"tags": [1]}), document({"tags": [True]}), ["#/paths//one//get/tags"]),
    ],
)
def test_every_other_change_is_told_with_its_place(before, after, places):
    assert list(other_changes(before, after)) == places


def test_a_webhook_says_what_it_said():
    before = document(webhooks={"paid": {"post": {"security": [{"jwtAuth": []}]}}})
    after = document(webhooks={"paid": {"post": {"security": []}}})
    assert list(other_changes(before, after)) == ["#/webhooks/paid/post/security"]


@pytest.mark.parametrize(("again", "repeated"), [(document(), True), (document(PUBLIC), False)])
def test_the_documents_are_compared_as_they_were_written(tmp_path, again, repeated):
    written = {"published": document({"tags": ["b"]}), "told": document(), "again": again}
    for name, content in written.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    changed = ["#/paths//one//get/tags"]
    assert compare_documents(tmp_path) == {"changed": changed, "repeated": repeated}
