from __future__ import annotations

from authkit.schema.rules.hidden_authenticators import RULE

from tests.schema.documents import HOOK, OpenView, ProtectedView, found, route, subjects

JWT = "rest_framework_simplejwt.authentication.JWTAuthentication"


def test_an_empty_list_is_found():
    assert subjects(RULE, route(ProtectedView), AUTHENTICATION_WHITELIST=[]) == [
        "AUTHENTICATION_WHITELIST"
    ]


def test_an_empty_tuple_is_found():
    assert found(RULE, route(OpenView), AUTHENTICATION_WHITELIST=()) == ["the document"]


def test_it_is_found_with_the_hook_as_well():
    settings = {"AUTHENTICATION_WHITELIST": []}
    assert found(RULE, route(ProtectedView), hooks=[HOOK], **settings) == ["the document"]


def test_a_list_with_an_authenticator_is_left_alone():
    settings = {"AUTHENTICATION_WHITELIST": [JWT]}
    assert found(RULE, route(ProtectedView), **settings) == []


def test_the_default_is_left_alone():
    assert found(RULE, route(ProtectedView)) == []
