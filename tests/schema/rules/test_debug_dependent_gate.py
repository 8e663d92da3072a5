from __future__ import annotations

import pytest
from authkit.schema.rules.debug_dependent_gate import RULE
from django.conf import settings
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated

from tests.schema.documents import OpenView, ProtectedView, found, report_on, route, view


class OnlyInDebug(BasePermission):
    def has_permission(self, request, view):
        return settings.DEBUG


class ByMethod(ProtectedView):
    def get_permissions(self):
        return [AllowAny()] if settings.DEBUG else [IsAuthenticated()]


@pytest.mark.parametrize("debug", [True, False])
def test_permissions_that_are_chosen_by_debug_are_found(debug, settings):
    settings.DEBUG = debug
    assert found(RULE, route(ByMethod)) == ["GET /thing/"]
    assert settings.DEBUG is debug


def test_a_permission_that_looks_at_debug_is_found():
    report = report_on(route(view(permission_classes=[OnlyInDebug])))
    (finding,) = [one for one in report.findings if one.rule is RULE]
    assert finding.message == "The view is secured, and optional with the other DEBUG."


def test_views_that_do_not_look_at_debug_are_left_alone():
    assert found(RULE, route(OpenView), route(ProtectedView, "own/")) == []


def test_debug_that_changes_nothing_is_left_alone():
    class Looks(BasePermission):
        def has_permission(self, request, view):
            return settings.DEBUG and request.user.is_authenticated

    assert found(RULE, route(view(permission_classes=[IsAuthenticated, Looks]))) == []


@pytest.mark.parametrize("fails_in", [True, False])
def test_a_view_that_cannot_be_decided_is_left_alone(fails_in):
    class Fails(BasePermission):
        def has_permission(self, request, view):
            if settings.DEBUG is fails_in:
                raise LookupError
            return True

    assert found(RULE, route(view(permission_classes=[Fails]))) == []
