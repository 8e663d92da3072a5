from __future__ import annotations

import pytest
from authkit.schema.rules.operation_id_collision import RULE
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema

from tests.schema.documents import OAS_VERSIONS, OpenView, found, operation, route, subjects, view


def naming(*names):
    def change(document):
        for item, name in zip(document["paths"].values(), names, strict=True):
            item["get"]["operationId"] = name

    return {"change": change}


AB = (route(OpenView, "a/"), route(OpenView, "b/"))


def test_an_id_that_occurs_twice_is_found_at_the_second():
    assert found(RULE, *AB, **naming("same", "same")) == ["GET /b/"]


def test_an_id_that_got_a_number_is_found():
    routes = (route(OpenView, "a/"), route(OpenView, "a/<int:pk>/"))
    (subject,) = subjects(RULE, *routes)
    assert subject.endswith("_2")


def test_all_but_the_first_of_several_are_found():
    routes = [route(OpenView, f"{name}/") for name in "abc"]
    same = naming("same", "same", "same")
    assert found(RULE, *routes, **same) == ["GET /b/", "GET /c/"]


def test_a_number_without_a_line_before_it_is_found():
    routes = (route(OpenView, "a/"), route(OpenView, "a/<int:pk>/"))
    assert subjects(RULE, *routes, CAMELIZE_NAMES=True) == ["aRetrieve2"]


@pytest.mark.parametrize("camelized", [False, True])
def test_a_number_that_was_chosen_is_left_alone(camelized):
    routes = [route(named(name), f"{name}/") for name in ("step", "step_2", "oauth", "oauth2")]
    assert found(RULE, *routes, CAMELIZE_NAMES=camelized) == []


def named(name):
    class Named(OpenView):
        @extend_schema(operation_id=name)
        def get(self, request): ...

    return Named


def test_a_number_is_found_where_no_view_says_what_it_asked_for():
    def change(document):
        document["paths"]["/gone/"] = {"get": {"operationId": "a_retrieve_2"}}

    assert found(RULE, route(OpenView, "a/"), change=change) == ["GET /gone/"]


def test_a_view_that_fails_to_say_what_it_asked_for_is_read_by_its_number():
    class Failing(AutoSchema):
        asked = 0

        def get_operation_id(self):
            Failing.asked += 1
            if Failing.asked > 2:
                raise LookupError
            return "same"

    failing = view(OpenView, schema=Failing())
    assert found(RULE, route(failing, "a/"), route(failing, "b/")) == ["GET /b/"]


@OAS_VERSIONS
@pytest.mark.parametrize(
    ("put", "place"),
    [
        (
            lambda document, one: operation(document, "/a/").update(callbacks={"c": {"u": one}}),
            "POST /a/ callbacks/c/u",
        ),
        (lambda document, one: document.update(webhooks={"w": one}), "POST webhooks/w"),
    ],
    ids=["callback", "webhook"],
)
def test_an_id_of_a_callback_or_a_webhook_is_found(put, place, version):
    def change(document):
        put(document, {"post": {"operationId": operation(document, "/a/")["operationId"]}})

    assert found(RULE, *AB, change=change, OAS_VERSION=version) == [place]


def test_what_a_path_refers_to_is_one_operation():
    """Read from a file, the path item stands in both places."""

    def change(document):
        document["components"]["pathItems"] = {"A": document["paths"]["/a/"]}

    assert found(RULE, *AB, change=change, OAS_VERSION="3.1.1") == []


def test_ids_of_their_own_are_left_alone():
    assert found(RULE, *AB) == []


def test_a_number_that_is_part_of_a_name_is_left_alone():
    assert found(RULE, *AB, **naming("step_2", "step_1")) == []


def test_operations_without_ids_are_left_alone():
    def change(document):
        for item in document["paths"].values():
            del item["get"]["operationId"]

    assert found(RULE, *AB, change=change) == []
