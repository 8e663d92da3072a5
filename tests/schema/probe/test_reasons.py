"""The reason of an undecided operation is true of whatever the permission asks for."""

from __future__ import annotations

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from django.contrib.auth.models import Group
from rest_framework.permissions import BasePermission
from rest_framework.test import APIClient

from tests.schema.documents import JWTView, audited_schema, route, view


class FlagIsOn(BasePermission):
    """Asks for a row that is no caller's."""

    def has_permission(self, request, view):
        return Group.objects.filter(name="flag").exists()


class IsMember(BasePermission):
    def has_permission(self, request, view):
        return Group.objects.filter(user__pk=getattr(request.user, "pk", None)).exists()


WITHOUT_AUTHENTICATORS = view(JWTView, authentication_classes=[], permission_classes=[FlagIsOn])
urlpatterns = [route(WITHOUT_AUTHENTICATORS)]


@pytest.mark.django_db
@pytest.mark.parametrize("permission", [FlagIsOn, IsMember])
def test_what_was_read_is_not_said_to_be_about_the_caller(permission):
    guarded = view(JWTView, authentication_classes=[], permission_classes=[permission])
    (audited,) = audited_schema(route(guarded), probe=Probe(Tier.T2)).operations
    assert audited.decision.state is State.UNDECIDED
    said = "a permission asks the database, and refuses a caller who is not in it"
    assert audited.decision.reason == said


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_flag_that_is_on_decides():
    assert APIClient().get("/thing/").status_code == 403
    Group.objects.create(name="flag")
    (audited,) = audited_schema(*urlpatterns, probe=Probe(Tier.T2)).operations
    assert audited.decision.state is State.PUBLIC
    assert APIClient().get("/thing/").status_code == 200
