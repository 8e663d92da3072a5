from __future__ import annotations

from authkit.schema.rules.declared_public_but_rejects import RULE
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework_api_key.permissions import HasAPIKey

from tests.schema.documents import HOOK, OpenView, ProtectedView, found, operation, route, view


class Marked(ProtectedView):
    @extend_schema(auth=[])
    def get(self, request): ...


class Unknown(BaseAuthentication):
    def authenticate(self, request):
        return None


def test_a_forgotten_mark_is_found():
    assert found(RULE, route(Marked)) == ["GET /thing/"]


def test_a_key_that_only_a_permission_reads_is_found():
    key = view(authentication_classes=[], permission_classes=[HasAPIKey])
    assert found(RULE, route(key)) == ["GET /thing/"]


def test_an_authenticator_that_nothing_describes_is_found_even_with_the_hook():
    unknown = view(ProtectedView, authentication_classes=[Unknown])
    assert found(RULE, route(unknown), hooks=[HOOK]) == ["GET /thing/"]


def test_an_empty_requirement_alone_is_found():
    def change(document):
        operation(document)["security"] = [{}]

    assert found(RULE, route(ProtectedView), change=change) == ["GET /thing/"]


def test_a_protected_view_that_says_so_is_left_alone():
    assert found(RULE, route(ProtectedView)) == []


def test_an_open_view_is_left_alone():
    assert found(RULE, route(OpenView), route(view(permission_classes=[AllowAny]), "b/")) == []


def test_a_view_that_inherits_the_security_of_the_root_is_left_alone():
    def change(document):
        document["security"] = [{"jwtAuth": []}]

    assert found(RULE, route(Marked), change=change) == []


def test_a_mended_document_is_left_alone():
    assert found(RULE, route(Marked), hooks=[HOOK]) == []
