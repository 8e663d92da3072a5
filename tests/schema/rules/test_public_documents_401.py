from __future__ import annotations

from authkit.schema.rules.public_documents_401 import RULE
from rest_framework.permissions import AllowAny

from tests.schema.documents import OpenView, ProtectedView, found, operation, route, view


def documenting(method="get"):
    def change(document):
        operation(document, method=method)["responses"]["401"] = {"description": "No."}

    return change


def test_a_refusal_for_a_credential_that_the_view_does_not_read_is_found():
    assert found(RULE, route(OpenView), change=documenting()) == ["GET /thing/"]


def test_a_login_is_left_alone():
    class Login(OpenView):
        http_method_names = ["post"]

        def post(self, request): ...

    assert found(RULE, route(Login), change=documenting("post")) == []


def test_a_view_that_reads_credentials_is_left_alone():
    assert found(RULE, route(view(permission_classes=[AllowAny])), change=documenting()) == []


def test_a_protected_view_is_left_alone():
    assert found(RULE, route(ProtectedView), change=documenting()) == []


def test_a_view_that_documents_no_refusal_is_left_alone():
    assert found(RULE, route(OpenView)) == []
