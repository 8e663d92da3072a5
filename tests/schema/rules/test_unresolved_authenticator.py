from __future__ import annotations

from authkit.schema.rules.unresolved_authenticator import RULE
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import (
    HOOK,
    OpenView,
    ProtectedView,
    audited_schema,
    found,
    route,
    subjects,
    view,
)


class SignatureAuthentication(BaseAuthentication):
    pass


class OwnJWTAuthentication(JWTAuthentication):
    pass


def signed(*others):
    return view(ProtectedView, authentication_classes=[SignatureAuthentication, *others])


def test_an_authenticator_that_nothing_describes_is_found():
    (subject,) = subjects(RULE, route(signed()))
    assert subject.endswith(".SignatureAuthentication")


def test_it_is_found_once_with_the_number_of_its_operations():
    schema = audited_schema(route(signed(), "b/"), route(signed(JWTAuthentication), "a/"))
    (offence,) = RULE.look(schema)
    assert offence.place.label == "the document"
    assert "SignatureAuthentication, which protects GET /a/ and 1 more." in offence.message


def test_the_suggestion_is_an_extension_that_describes_it():
    (offence,) = RULE.look(audited_schema(route(signed())))
    registered = list(OpenApiAuthenticationExtension._registry)
    scope = {"OpenApiAuthenticationExtension": OpenApiAuthenticationExtension}
    try:
        exec(offence.suggestion, scope)
        assert scope["SignatureAuthScheme"].target_class == offence.subject
        assert found(RULE, route(signed())) == []
    finally:
        OpenApiAuthenticationExtension._registry[:] = registered


def test_it_is_found_with_the_hook_as_well():
    assert found(RULE, route(signed()), hooks=[HOOK]) == ["the document"]


def test_an_authenticator_that_the_whitelist_hides_is_left_alone():
    assert found(RULE, route(signed()), AUTHENTICATION_WHITELIST=[]) == []


def test_a_subclass_of_a_described_authenticator_is_left_alone():
    own = view(ProtectedView, authentication_classes=[OwnJWTAuthentication])
    assert found(RULE, route(own)) == []


def test_a_view_without_authenticators_is_left_alone():
    assert found(RULE, route(OpenView), route(view(permission_classes=[HasAPIKey]), "key/")) == []
