"""Async views of adrf are decided as the same views of REST framework are."""

import adrf.views
import pytest
import rest_framework.views
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.permissions import HasScope, HasSecondFactor, RecentlyAuthenticated
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.response import Response

from tests.schema.documents import ThingSerializer, audited_schema, fixed_schema, operation, route

pytestmark = pytest.mark.django_db


async def get(self, request):
    return Response({})


def sync_get(self, request):
    return Response({})


def views(*permission_classes):
    """Return an async view and its twin."""
    attributes = {
        "authentication_classes": [JWTAuthentication, APIKeyAuthentication],
        "permission_classes": list(permission_classes),
        "serializer_class": ThingSerializer,
    }
    return (
        type("View", (adrf.views.APIView,), {**attributes, "get": get}),
        type("View", (rest_framework.views.APIView,), {**attributes, "get": sync_get}),
    )


PERMISSIONS = {
    "none": [],
    "any": [AllowAny],
    "one": [IsAuthenticated],
    "not": [~IsAuthenticated],
    "or": [IsAdminUser | RecentlyAuthenticated],
    "and": [IsAuthenticated & HasScope("books:read")],
    "or not": [HasSecondFactor | ~IsAdminUser],
    "nested": [~(IsAuthenticated & ~HasSecondFactor)],
}


@pytest.mark.parametrize("permission_classes", PERMISSIONS.values(), ids=PERMISSIONS)
@pytest.mark.parametrize("tier", [Tier.T1, Tier.T2, Tier.T3, Tier.T4])
def test_the_decision_is_that_of_the_twin(permission_classes, tier, settings):
    settings.AUTHKIT = {"SCOPES": {"books:read": "Read books"}}

    def look(schema):
        (audited,) = schema.operations
        decision = audited.decision
        accepted = [{type(one).__name__ for one in each} for each in decision.alternatives]
        return decision.state, accepted, decision.refusal

    decided, expected = [
        audited_schema(route(each), look=look, probe=Probe(tier))
        for each in views(*permission_classes)
    ]
    assert decided == expected
    assert decided[0] is not State.UNDECIDED


@pytest.mark.parametrize("permission_classes", PERMISSIONS.values(), ids=PERMISSIONS)
def test_the_document_says_the_same(permission_classes):
    one, other = [operation(fixed_schema(route(each))) for each in views(*permission_classes)]
    assert one.get("security") == other.get("security")
