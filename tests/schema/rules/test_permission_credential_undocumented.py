from __future__ import annotations

from authkit.schema.rules.permission_credential_undocumented import RULE
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework_api_key.permissions import HasAPIKey

from tests.schema.documents import HOOK, ProtectedView, found, route, subjects, view


def test_a_key_instead_of_the_declared_credential_is_found():
    assert subjects(RULE, route(view(permission_classes=[HasAPIKey]))) == ["apiKey"]


def test_a_key_beside_the_declared_credential_is_found():
    either = view(permission_classes=[IsAuthenticated | HasAPIKey])
    assert found(RULE, route(either)) == ["GET /thing/"]


def test_a_key_with_the_declared_credential_is_found():
    both = view(permission_classes=[IsAuthenticated, HasAPIKey])
    assert subjects(RULE, route(both)) == ["jwtAuth and apiKey"]


def test_a_key_that_the_hook_declares_is_left_alone():
    assert found(RULE, route(view(permission_classes=[HasAPIKey])), hooks=[HOOK]) == []


def test_a_view_without_a_key_is_left_alone():
    assert found(RULE, route(ProtectedView)) == []


def test_a_key_that_is_not_required_is_left_alone():
    assert found(RULE, route(view(permission_classes=[HasAPIKey | AllowAny]))) == []


def test_an_authenticator_that_is_not_declared_is_left_to_another_rule():
    def change(document):
        document["paths"]["/thing/"]["get"]["security"] = [{"cookieAuth": []}]

    assert found(RULE, route(ProtectedView), change=change) == []
