from __future__ import annotations

from authkit.schema.rules.operation_id_collision import RULE

from tests.schema.documents import OpenView, found, route, subjects


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


def test_ids_of_their_own_are_left_alone():
    assert found(RULE, *AB) == []


def test_a_number_that_is_part_of_a_name_is_left_alone():
    assert found(RULE, *AB, **naming("step_2", "step_1")) == []


def test_operations_without_ids_are_left_alone():
    def change(document):
        for item in document["paths"].values():
            del item["get"]["operationId"]

    assert found(RULE, *AB, change=change) == []
