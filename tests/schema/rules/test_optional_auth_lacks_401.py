from __future__ import annotations

import pytest
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.rules.optional_auth_lacks_401 import RULE
from django.contrib.auth.models import Group
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.exceptions import AuthenticationFailed
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


class OwnSession(SessionAuthentication):
    def authenticate(self, request):
        return super().authenticate(request)


class Ignoring(BaseAuthentication):
    def authenticate(self, request):
        return None


class OwnToken(TokenAuthentication):
    def authenticate(self, request):
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            return None


class Asking(BaseAuthentication):
    """Of which only a database can tell what it refuses."""

    def authenticate(self, request):
        return Group.objects.filter(name=request.headers.get("X-Key")).first()


@pytest.mark.parametrize("authenticator", [SessionAuthentication, OwnSession, Ignoring, Asking])
def test_a_credential_that_is_not_known_to_be_refused_is_left_alone(authenticator):
    own = view(Sessions, authentication_classes=[authenticator])
    assert found(RULE, route(own)) == []


def test_a_credential_that_a_subclass_lets_pass_is_left_alone():
    lenient = view(authentication_classes=[OwnToken], permission_classes=[AllowAny])
    (audited,) = audited_schema(route(lenient)).operations
    assert audited.decision.bad_credential == ()
    assert found(RULE, route(lenient)) == []


def test_a_token_beside_a_session_is_found():
    both = [SessionAuthentication, JWTAuthentication]
    own = view(authentication_classes=both, permission_classes=[AllowAny])
    assert found(RULE, route(own)) == ["GET /thing/"]


def test_the_finding_names_the_status_that_was_seen_and_suggests_it():
    sessions_first = [SessionAuthentication, JWTAuthentication]
    own = view(authentication_classes=sessions_first, permission_classes=[AllowAny])
    (seen,) = RULE.look(audited_schema(route(own)))
    assert seen.message == "An invalid credential is answered 403, which is not documented."
    assert seen.suggestion.startswith("403: ")
    (unseen,) = RULE.look(audited_schema(route(OPTIONAL), probe=Probe(Tier.T0)))
    assert unseen.message == "The answer to an invalid credential is not documented."
    assert unseen.suggestion.startswith("401: ")


def test_a_view_that_reads_no_credential_is_left_alone():
    assert found(RULE, route(OpenView)) == []


def test_a_protected_view_is_left_to_another_rule():
    assert found(RULE, route(ProtectedView)) == []
