"""Where the permissions of a view are written, and what may stand beside them."""

from __future__ import annotations

from functools import partial

import pytest
from authkit.schema.views.code.written_permissions import may_be_written_at, written_permissions
from authkit.schema.views.permission_tree import formula
from django.urls import path
from rest_framework import permissions
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.viewsets import ViewSet

from tests.schema.documents import JWTView, ThingSerializer, audited_schema, route, view


class EveryCaller(BasePermission):
    pass


class Outer:
    class Inner(BasePermission):
        pass


def named_like_the_stricter_one():
    return type("IsAuthenticated", (AllowAny,), {"__module__": __name__})


def written(view_class, **initkwargs):
    routed = route(view_class)
    routed.callback = view_class.as_view(**initkwargs)
    (audited,) = audited_schema(routed).operations
    return written_permissions(audited.source)


@pytest.mark.parametrize(
    ("classes", "code"),
    [
        ([], "[IsAuthenticated]"),
        ([AllowAny], "[IsAuthenticated]"),
        ([EveryCaller], "[IsAuthenticated, EveryCaller]"),
        ([IsAuthenticated | AllowAny], "[IsAuthenticated, IsAuthenticated | AllowAny]"),
        ([~IsAdminUser], "[IsAuthenticated, ~IsAdminUser]"),
        ([~(IsAdminUser & EveryCaller)], "[IsAuthenticated, ~(IsAdminUser & EveryCaller)]"),
        (
            [EveryCaller, AllowAny & (EveryCaller | ~IsAdminUser)],
            "[IsAuthenticated, EveryCaller, AllowAny & (EveryCaller | ~IsAdminUser)]",
        ),
    ],
    ids=["none", "any", "own", "or", "not", "not-and", "several"],
)
def test_what_a_view_has_stays_beside_the_stricter_permission(classes, code):
    found = written(view(permission_classes=classes))
    assert found.beside(IsAuthenticated) == f"permission_classes = {code}  # in View"
    again = eval(code, {**vars(permissions), "EveryCaller": EveryCaller})
    assert again[0] is IsAuthenticated
    kept = [one for one in classes if one is not AllowAny]
    assert [formula(one()) for one in again[1:]] == [formula(one()) for one in kept]


@pytest.mark.parametrize(
    "classes",
    [
        [Outer.Inner],
        [type("Local", (BasePermission,), {})],
        [partial(EveryCaller)],
        [EveryCaller | type("Local", (BasePermission,), {})],
    ],
    ids=["nested", "local", "partial", "composed"],
)
def test_what_no_name_leads_to_is_not_written(classes):
    assert written(view(permission_classes=classes)).beside(IsAuthenticated) == ""


def test_a_class_of_the_project_is_not_taken_for_the_stricter_one(monkeypatch):
    own = named_like_the_stricter_one()
    monkeypatch.setitem(globals(), "IsAuthenticated", own)
    assert written(view(permission_classes=[own])).beside(permissions.IsAuthenticated) == ""


@pytest.mark.parametrize(
    "name", ["check_permissions", "get_permissions", "initial", "permission_denied"]
)
def test_a_view_that_decides_by_code_of_its_own_has_no_such_place(name):
    inherited = getattr(JWTView, name)

    def overridden(self, *args, **kwargs):
        return inherited(self, *args, **kwargs)

    assert written(view(permission_classes=[EveryCaller], **{name: overridden})) is None


def test_what_as_view_is_given_is_found_there():
    base = view(permission_classes=[IsAdminUser])
    code = written(base, permission_classes=[EveryCaller]).beside(IsAuthenticated)
    assert code == "permission_classes=[IsAuthenticated, EveryCaller]  # in as_view()"


class Actions(ViewSet):
    serializer_class = ThingSerializer

    @action(detail=False, permission_classes=[IsAdminUser])
    def report(self, request): ...


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "permission_classes = [IsAuthenticated, EveryCaller]  # in Open"),
        (
            {"permission_classes": [~IsAdminUser]},
            "permission_classes=[IsAuthenticated, ~IsAdminUser]  # in as_view()",
        ),
        (
            Actions.report.kwargs,
            "permission_classes=[IsAuthenticated, IsAdminUser]  # in @action of report()",
        ),
    ],
    ids=["class", "as_view", "action"],
)
def test_an_action_is_changed_only_where_its_own_permissions_decide(given, code):
    """What decides at one route must not replace what is stricter at another."""
    is_open = type("Open", (Actions,), {"permission_classes": [EveryCaller]})
    routed = path("report/", is_open.as_view({"get": "report"}, **given))
    (audited,) = audited_schema(routed).operations
    assert written_permissions(audited.source).beside(IsAuthenticated) == code


def test_a_view_of_a_library_is_not_to_be_changed():
    assert written(ObtainAuthToken) is None
    own = type("Own", (ObtainAuthToken,), {"permission_classes": [EveryCaller]})
    assert written(own).owner is own


def test_a_base_class_decides_about_its_subclasses_and_not_the_reverse():
    base = view(permission_classes=[EveryCaller])
    routes = route(base), route(view(base), "sub/")
    of_sub, of_base = (one.source for one in audited_schema(*routes).operations)
    assert written_permissions(of_base).owner in may_be_written_at(of_sub)
    assert written_permissions(of_sub).owner not in may_be_written_at(of_base)
