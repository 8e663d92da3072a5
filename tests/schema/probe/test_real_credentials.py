"""Permissions that look at what only a real credential brings along: none is said to be refused."""

from __future__ import annotations

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import path
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.test import APIClient
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import AccessToken

from tests.schema.documents import (
    JWTView,
    audited_schema,
    fixed_schema,
    operation,
    plain_schema,
    view,
)


def by_token(request):
    return isinstance(request.successful_authenticator, JWTAuthentication)


class HasTheScope(BasePermission):
    def has_permission(self, request, view):
        return bool(request.auth) and "read" in request.auth["scopes"]


class UserOrScope(HasTheScope):
    def has_permission(self, request, view):
        if by_token(request):
            return super().has_permission(request, view)
        return request.user.is_authenticated


class UserOrUncheckedScope(BasePermission):
    def has_permission(self, request, view):
        if by_token(request):
            return "read" in request.auth["scopes"]
        return request.user.is_authenticated


class UserOrGroup(BasePermission):
    def has_permission(self, request, view):
        if by_token(request):
            return Group.objects.filter(name="readers").exists()
        return request.user.is_authenticated


class UserOrOwnGroup(BasePermission):
    def has_permission(self, request, view):
        if not Group.objects.exists():
            return False  # pragma: no cover (there is one)
        if by_token(request):
            return request.user.groups.filter(name="readers").exists()
        return request.user.is_authenticated


class ReadersOrScope(HasTheScope):
    def has_permission(self, request, view):
        if by_token(request):
            return super().has_permission(request, view)
        return request.method in SAFE_METHODS


class NoTokens(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_authenticated and not by_token(request)


ALL = [UserOrScope, UserOrUncheckedScope, UserOrGroup, UserOrOwnGroup, ReadersOrScope]
PERMISSIONS = pytest.mark.parametrize("permission", ALL, ids=lambda one: one.__name__)


class Guarded(JWTView):
    authentication_classes = [SessionAuthentication, JWTAuthentication]


class JustSessions(JWTView):
    authentication_classes = [SessionAuthentication]


def route_of(permission, at="thing/", base=Guarded):
    return path(at, view(base, permission_classes=[permission]).as_view())


def decided(permission, tier=Tier.T1, base=Guarded):
    (audited,) = audited_schema(route_of(permission, base=base), probe=Probe(tier)).operations
    return audited.decision


def accepted(decision):
    return [tuple(type(one) for one in alternative) for alternative in decision.alternatives]


urlpatterns = [route_of(one, f"{one.__name__}/") for one in (*ALL, NoTokens)]


@pytest.fixture
def token(db):
    model = get_user_model()
    user = model(**{model.USERNAME_FIELD: "reader@example.com", "is_active": True})
    user.save()
    user.groups.add(Group.objects.create(name="readers"))
    made = AccessToken()
    made["user_id"], made["scopes"] = str(user.pk), ["read"]
    return str(made)


def answer(permission, token):
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get(f"/{permission.__name__}/").status_code


@pytest.mark.urls(__name__)
@PERMISSIONS
def test_the_hook_keeps_a_credential_that_the_live_server_accepts(permission, token):
    assert answer(permission, token) == 200
    for document in (plain_schema(route_of(permission)), fixed_schema(route_of(permission))):
        assert {"jwtAuth": []} in operation(document)["security"]


@pytest.mark.usefixtures("token")
@PERMISSIONS
@pytest.mark.parametrize("tier", [Tier.T2, Tier.T3], ids=lambda tier: tier.label)
def test_a_deeper_tier_keeps_it_too(permission, tier):
    decision = decided(permission, tier=tier)
    assert decision.is_decided
    assert (JWTAuthentication,) in accepted(decision)


@pytest.mark.urls(__name__)
def test_a_credential_that_is_refused_without_such_a_look_is_left_out(token):
    assert answer(NoTokens, token) == 403
    assert accepted(decided(NoTokens)) == [(SessionAuthentication,)]


def test_what_is_looked_at_without_a_credential_is_as_empty_as_it_would_be():
    decision = decided(HasTheScope)
    assert (decision.state, decision.refusal) == (State.SECURED, 403)
    assert accepted(decision) == [(SessionAuthentication,), (JWTAuthentication,)]


def test_behind_a_session_there_is_never_one_and_that_is_known():
    decision = decided(HasAPIKey | HasTheScope, base=JustSessions)
    assert accepted(decision) == [(HasAPIKey,)]


def test_beside_a_key_the_smallest_sets_are_not_known():
    decision = decided(HasAPIKey | HasTheScope)
    assert decision.state is State.UNDECIDED
    assert "looks at request.auth" in decision.reason
    decision = decided(HasAPIKey | IsAuthenticated)
    assert (HasAPIKey,) in accepted(decision)


@pytest.mark.django_db  # T2 opens a transaction
def test_a_request_of_the_projects_own_stays_one():
    class OwnRequest(Request):
        @property
        def auth(self):
            return super().auth or "nothing"

        @auth.setter
        def auth(self, value):
            Request.auth.fset(self, value)

    class OwnRequests(Guarded):
        def initialize_request(self, request, *args, **kwargs):
            received = super().initialize_request(request, *args, **kwargs)
            received.__class__ = OwnRequest
            return received

    seen = []

    class Looking(BasePermission):
        def has_permission(self, request, view):
            seen.append((isinstance(request, OwnRequest), request.auth))
            return request.user.is_authenticated

    audited_schema(route_of(Looking, base=OwnRequests), probe=Probe(Tier.T2))
    assert (True, "nothing") in seen
