from __future__ import annotations

from authkit.schema.rules.dead_endpoint import RULE
from rest_framework.permissions import BasePermission
from rest_framework_api_key.permissions import HasAPIKey

from tests.schema.documents import HOOK, OpenView, ProtectedView, found, route, view


class FromTheOffice(BasePermission):
    def has_permission(self, request, view):
        return request.META["REMOTE_ADDR"] == "192.0.2.1"


DEAD = view(ProtectedView, authentication_classes=[])


def test_a_user_demanded_where_none_can_come_is_found():
    assert found(RULE, route(DEAD)) == ["GET /thing/"]


def test_it_is_found_with_the_hook_as_well():
    assert found(RULE, route(DEAD), hooks=[HOOK]) == ["GET /thing/"]


def test_a_protected_view_is_left_alone():
    assert found(RULE, route(ProtectedView)) == []


def test_an_open_view_is_left_alone():
    assert found(RULE, route(OpenView)) == []


def test_a_key_without_authenticators_is_left_alone():
    key = view(authentication_classes=[], permission_classes=[HasAPIKey])
    assert found(RULE, route(key)) == []


def test_a_permission_that_may_admit_an_address_is_left_alone():
    office = view(authentication_classes=[], permission_classes=[FromTheOffice])
    assert found(RULE, route(office)) == []
