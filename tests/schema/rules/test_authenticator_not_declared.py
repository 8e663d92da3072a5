from __future__ import annotations

from authkit.schema.rules.authenticator_not_declared import RULE
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import HOOK, ProtectedView, found, route, subjects, view

BOTH = [JWTAuthentication, SessionAuthentication]


class OnlyJWTDeclared(ProtectedView):
    authentication_classes = BOTH

    @extend_schema(auth=[{"jwtAuth": []}])
    def get(self, request): ...


def test_an_authenticator_that_was_left_out_is_found():
    assert found(RULE, route(OnlyJWTDeclared)) == ["GET /thing/"]
    assert subjects(RULE, route(OnlyJWTDeclared)) == ["cookieAuth"]


def test_it_is_found_on_an_open_view_as_well():
    opened = view(OnlyJWTDeclared, permission_classes=[AllowAny])
    assert found(RULE, route(opened)) == ["GET /thing/"]


def test_what_the_hook_adds_is_found_no_more():
    assert found(RULE, route(OnlyJWTDeclared), hooks=[HOOK]) == []


def test_declared_authenticators_are_left_alone():
    assert found(RULE, route(view(ProtectedView, authentication_classes=BOTH))) == []


def test_a_hidden_authenticator_is_left_alone():
    allowed = ["rest_framework_simplejwt.authentication.JWTAuthentication"]
    both = view(ProtectedView, authentication_classes=BOTH)
    assert found(RULE, route(both), AUTHENTICATION_WHITELIST=allowed) == []


def test_a_key_of_a_permission_is_left_to_its_own_rule():
    assert found(RULE, route(view(permission_classes=[IsAuthenticated | HasAPIKey]))) == []
