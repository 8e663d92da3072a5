from __future__ import annotations

import pytest
from authkit.schema.rules.optional_auth_lacks_401 import RULE
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import (
    JWTView,
    OpenView,
    ProtectedView,
    audited_schema,
    found,
    operation,
    route,
    view,
)

OPTIONAL = view(permission_classes=[AllowAny])


def test_a_bad_credential_whose_answer_is_not_documented_is_found():
    assert found(RULE, route(OPTIONAL)) == ["GET /thing/"]


@pytest.mark.parametrize("status", ["401", "403", "4XX", "default"])
def test_a_documented_refusal_is_left_alone(status):
    def change(document):
        operation(document)["responses"][status] = {"description": "No."}

    assert found(RULE, route(OPTIONAL), change=change) == []


class Sessions(JWTView):
    authentication_classes = [SessionAuthentication]
    permission_classes = [AllowAny]

    def post(self, request): ...


def test_safe_methods_that_read_sessions_alone_are_left_alone():
    assert found(RULE, route(Sessions)) == ["POST /thing/"]
    renamed = type("Renamed", (SessionAuthentication,), {"__doc__": "Ours."})
    only = view(Sessions, authentication_classes=[renamed], http_method_names=["get"])
    assert found(RULE, route(only)) == []


def test_a_session_of_the_projects_own_or_beside_a_token_is_found():
    class Own(SessionAuthentication):
        def authenticate(self, request):
            return super().authenticate(request)

    for authenticators in ([Own], [SessionAuthentication, JWTAuthentication]):
        own = view(authentication_classes=authenticators, permission_classes=[AllowAny])
        assert found(RULE, route(own)) == ["GET /thing/"]


def test_the_finding_names_the_status_that_was_seen_and_suggests_it():
    sessions_first = [SessionAuthentication, JWTAuthentication]
    own = view(authentication_classes=sessions_first, permission_classes=[AllowAny])
    (seen,) = RULE.look(audited_schema(route(own)))
    assert seen.message == "An invalid credential is answered 403, which is not documented."
    assert seen.suggestion.startswith("403: ")
    (unseen,) = RULE.look(audited_schema(route(Sessions)))
    assert unseen.message == "The answer to an invalid credential is not documented."
    assert unseen.suggestion.startswith("401: ")


def test_a_view_that_reads_no_credential_is_left_alone():
    assert found(RULE, route(OpenView)) == []


def test_a_protected_view_is_left_to_another_rule():
    assert found(RULE, route(ProtectedView)) == []
