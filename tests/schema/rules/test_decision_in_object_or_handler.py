from __future__ import annotations

import pytest
from authkit.permissions import HasScope, HasSecondFactor, RecentlyAuthenticated
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.rules.decision_in_object_or_handler import RULE
from django.contrib.auth.models import Group
from django.urls import path
from rest_framework import exceptions, generics
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response

from tests.schema.documents import JWTView, OpenView, ThingSerializer, found, route, view


class Owner(BasePermission):
    def has_object_permission(self, request, view, obj):
        return request.user.is_authenticated


class Detail(generics.RetrieveAPIView):
    queryset = Group.objects.order_by("pk")
    serializer_class = ThingSerializer
    permission_classes = [Owner]


class Refuses(JWTView):
    permission_classes = [AllowAny]

    def get(self, request):
        raise exceptions.NotAuthenticated


def detail(*permissions):
    shown = view(Detail, permission_classes=list(permissions))
    return path("thing/<int:pk>/", shown.as_view())


@pytest.mark.django_db
@pytest.mark.parametrize("tier", [Tier.T1, Tier.T2, Tier.T3])
def test_a_permission_about_objects_is_found(tier):
    Group.objects.create(name="first")
    assert found(RULE, detail(Owner), probe=Probe(tier)) == ["GET /thing/{id}/"]


@pytest.mark.django_db
def test_a_handler_that_refuses_is_found_by_asking_it():
    assert found(RULE, route(Refuses), probe=Probe(Tier.T4)) == ["GET /thing/"]
    assert found(RULE, route(Refuses), probe=Probe(Tier.T3)) == []


def test_a_permission_about_objects_behind_another_is_left_alone():
    assert found(RULE, detail(IsAuthenticated, Owner)) == []


def test_an_open_view_is_left_alone():
    assert found(RULE, route(OpenView)) == []


@pytest.mark.parametrize("permission", [RecentlyAuthenticated, ~HasSecondFactor, HasScope("a")])
def test_a_permission_that_answers_for_objects_as_for_the_request_is_left_alone(permission):
    assert found(RULE, detail(permission)) == []


@pytest.mark.django_db
def test_a_list_is_left_alone():
    class Groups(generics.ListAPIView):
        queryset = Group.objects.order_by("pk")
        serializer_class = ThingSerializer
        permission_classes = [Owner]

        def list(self, request):
            return Response([])

    assert found(RULE, route(Groups), probe=Probe(Tier.T4)) == []
