from __future__ import annotations

from authkit.schema.rules.equivalent_schemes import RULE

from tests.schema.documents import OpenView, ProtectedView, found, route, subjects

JWT = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def appending(**schemes):
    return {"APPEND_COMPONENTS": {"securitySchemes": schemes}}


def test_a_copy_is_found_under_the_later_name():
    assert subjects(RULE, route(ProtectedView), **appending(otherAuth=JWT)) == ["otherAuth"]


def test_the_order_of_the_keys_makes_no_difference():
    turned = dict(reversed(JWT.items()))
    assert subjects(RULE, route(ProtectedView), **appending(otherAuth=turned)) == ["otherAuth"]


def test_each_of_several_copies_is_found():
    copies = appending(b=JWT, a=JWT, c=JWT)
    assert subjects(RULE, route(OpenView), **copies) == ["b", "c"]


def test_schemes_with_descriptions_of_their_own_are_left_alone():
    described = appending(otherAuth={**JWT, "description": "Tokens of another issuer."})
    assert found(RULE, route(ProtectedView), **described) == []


def test_different_schemes_are_left_alone():
    basic = appending(basicAuth={"type": "http", "scheme": "basic"})
    assert found(RULE, route(ProtectedView), **basic) == []
