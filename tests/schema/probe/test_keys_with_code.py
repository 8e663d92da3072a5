"""Key permissions with a ``has_permission()`` of the project's: it is run, and the key answered."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from django.contrib.auth import get_user_model
from django.urls import path
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework_api_key.models import APIKey
from rest_framework_api_key.permissions import BaseHasAPIKey, HasAPIKey
from rest_framework_simplejwt.tokens import AccessToken

from tests.schema.documents import JWTView, audited_schema, fixed_schema, view
from tests.schema.projects.shapes import Detail


class KeyToWrite(HasAPIKey):
    def has_permission(self, request, view):
        return request.method in SAFE_METHODS or super().has_permission(request, view)


class KeyOrUser(HasAPIKey):
    def has_permission(self, request, view):
        return request.user.is_authenticated or super().has_permission(request, view)


class KeyAndUser(HasAPIKey):
    def has_permission(self, request, view):
        return request.user.is_authenticated and super().has_permission(request, view)


class UserUnlessThereIsAKey(HasAPIKey):
    def has_permission(self, request, view):
        if self.get_key(request) is None:
            return request.user.is_authenticated
        return super().has_permission(request, view)


class Heir(KeyOrUser):
    message = "A key or a user."


class Mixin:
    def has_permission(self, request, view):
        return request.user.is_authenticated or super().has_permission(request, view)


class Mixed(Mixin, HasAPIKey):
    pass


class LooksTheKeyUp(HasAPIKey):
    def has_permission(self, request, view):
        key = self.get_key(request)
        return key is not None and APIKey.objects.is_valid(key)


class ComparesTheKey(BaseHasAPIKey):
    def has_permission(self, request, view):
        return self.get_key(request) == "secret"


class ReadsTheHeader(BaseHasAPIKey):
    def has_permission(self, request, view):
        return APIKey.objects.is_valid(request.META.get("HTTP_X_KEY", ""))


class KeyOfTheObject(HasAPIKey):
    def has_object_permission(self, request, view, obj):
        return request.user.is_authenticated  # pragma: no cover (there is no row)


class Both(JWTView):
    def post(self, request):
        return Response({})


ALL = [KeyToWrite, KeyOrUser, KeyAndUser, UserUnlessThereIsAKey, Heir, Mixed]
COMPOSED = {"or": KeyToWrite | IsAuthenticated, "and": KeyOrUser & KeyToWrite}
NAMED = {**{one.__name__: one for one in ALL}, **COMPOSED}


def route_of(permission, at="thing/", base=Both):
    return path(at, view(base, permission_classes=[permission]).as_view())


def decided(permission, tier=Tier.T1, **options):
    audited = audited_schema(route_of(permission, **options), probe=Probe(tier)).operations
    return {one.method: one.decision for one in audited}


urlpatterns = [route_of(permission, f"{name}/") for name, permission in NAMED.items()]


@pytest.fixture
def credentials(db, settings):
    """A valid token and a valid key, in headers that do not exclude each other."""
    settings.API_KEY_CUSTOM_HEADER = "HTTP_X_KEY"
    model = get_user_model()
    user = model(**{model.USERNAME_FIELD: "anna@example.com", "is_active": True})
    user.save()
    _, key = APIKey.objects.create_key(name="test")
    token = AccessToken()
    token["user_id"] = str(user.pk)
    return {"token": {"HTTP_AUTHORIZATION": f"Bearer {token}"}, "key": {"HTTP_X_KEY": key}}


def admitted(security, presented):
    """Tell what the document promises to a caller who presents a token, a key or both."""
    wanted = [{"token" if name == "jwtAuth" else "key" for name in one} for one in security]
    return not security or any(one <= {*presented} for one in wanted)


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", NAMED)
def test_the_live_server_does_what_the_document_says(name, method, credentials):
    document = fixed_schema(route_of(NAMED[name]))
    security = document["paths"]["/thing/"][method]["security"]
    for presented in chain.from_iterable(combinations(credentials, size) for size in range(3)):
        headers = {}
        for one in presented:
            headers |= credentials[one]
        answer = getattr(APIClient(), method)(f"/{name}/", **headers).status_code
        assert (answer == 200) is admitted(security, presented), presented


@pytest.mark.parametrize("permission", ALL, ids=lambda one: one.__name__)
def test_its_code_is_not_run_at_t0(permission):
    for decision in decided(permission, Tier.T0).values():
        assert decision.state is State.UNDECIDED
        assert "not asked here" in decision.reason


def test_one_without_code_is_known_at_t0():
    class Other(HasAPIKey):
        message = "A key is wanted."

    assert decided(Other, Tier.T0)["get"].state is State.SECURED
    assert decided(BaseHasAPIKey, Tier.T0)["get"].state is State.SECURED


@pytest.mark.django_db
@pytest.mark.parametrize("tier", [Tier.T1, Tier.T3], ids=lambda tier: tier.label)
@pytest.mark.parametrize("permission", [LooksTheKeyUp, ComparesTheKey, ReadsTheHeader])
def test_a_key_that_the_project_looks_at_itself_is_not_made_up(permission, tier):
    decision = decided(permission, tier)["get"]
    assert decision.state is State.UNDECIDED
    assert "the key itself" in decision.reason or "asks the database" in decision.reason


def test_what_it_is_made_with_is_still_there():
    class KeyOfRealm(HasAPIKey):
        def __init__(self, realm="shop"):
            self.realm = realm

        def has_permission(self, request, view):
            return self.realm == "shop" and super().has_permission(request, view)

    assert decided(KeyOfRealm)["get"].state is State.SECURED


@pytest.mark.django_db
def test_its_object_permission_is_probed():
    decision = decided(KeyOfTheObject | BasePermission, Tier.T3, at="thing/<int:pk>/", base=Detail)[
        "get"
    ]
    assert decision.state is State.UNDECIDED
    assert "has_object_permission()" in decision.reason
