from __future__ import annotations

from authkit.schema.rules.scheme_name_collision import RULE
from rest_framework.authentication import TokenAuthentication
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import HOOK, ProtectedView, audited_schema, found, route, view


class BearerTokenAuthentication(TokenAuthentication):
    keyword = "Bearer"


class SameTokenAuthentication(TokenAuthentication):
    pass


class SameJWTAuthentication(JWTAuthentication):
    pass


def using(*authenticators):
    return view(ProtectedView, authentication_classes=list(authenticators))


def test_two_keywords_under_one_name_are_found():
    both = using(TokenAuthentication, BearerTokenAuthentication)
    assert found(RULE, route(both)) == ["the document"]


def test_two_keywords_on_two_views_are_found_with_their_classes():
    routes = (
        route(using(TokenAuthentication), "a/"),
        route(using(BearerTokenAuthentication), "b/"),
    )
    (offence,) = RULE.look(audited_schema(*routes))
    assert "rest_framework.authentication.TokenAuthentication, tests." in offence.message


def test_they_are_found_with_the_hook_as_well():
    both = using(TokenAuthentication, BearerTokenAuthentication)
    assert found(RULE, route(both), hooks=[HOOK]) == ["the document"]


def test_subclasses_with_the_same_definition_are_left_alone():
    assert found(RULE, route(using(TokenAuthentication, SameTokenAuthentication))) == []


def test_a_parent_and_a_child_that_are_presented_alike_are_left_alone():
    assert found(RULE, route(using(JWTAuthentication, SameJWTAuthentication))) == []
