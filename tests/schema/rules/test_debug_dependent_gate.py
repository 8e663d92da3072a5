from __future__ import annotations

import pytest
from authkit.schema.rules.debug_dependent_gate import RULE
from django.conf import settings
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated

from tests.schema.documents import (
    OpenView,
    ProtectedView,
    audited_schema,
    found,
    report_on,
    route,
    view,
)


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


def counted(has_permission):
    """Return a permission, and the list of what it was asked."""
    asked = []

    def counting(self, request, view):
        asked.append(request)
        return has_permission(request)

    return type("Counting", (BasePermission,), {"has_permission": counting}), asked


@pytest.mark.parametrize(
    ("has_permission", "times"),
    [
        (lambda request: request.user.is_authenticated, 1),
        (lambda request: settings.ROOT_URLCONF and request.user.is_authenticated, 1),
        (lambda request: request.user.is_authenticated or bool(settings.DEBUG), 2),
        (lambda request: request.user.is_authenticated or getattr(settings, "DEBUG"), 2),  # noqa: B009
    ],
)
def test_a_view_is_asked_again_only_if_it_reads_debug(has_permission, times):
    permission, asked = counted(has_permission)
    routes = [route(view(permission_classes=[permission]))]
    audited_schema(*routes)
    once = len(asked)
    asked.clear()
    found(RULE, *routes)
    assert (once > 0, len(asked) >= times * once) == (True, True)
    assert times > 1 or len(asked) == once


def test_who_reads_debug_first_hides_no_other_view():
    first = view(permission_classes=[OnlyInDebug])
    second = view(permission_classes=[OnlyInDebug])
    assert found(RULE, route(first, "a/"), route(OpenView, "b/"), route(second, "c/")) == [
        "GET /a/",
        "GET /c/",
    ]
