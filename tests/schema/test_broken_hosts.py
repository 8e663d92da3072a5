"""Projects whose own code fails: a sentence with its name, never a traceback."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError
from django.urls import path
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_api_key.permissions import BaseHasAPIKey

from tests.schema.documents import (
    OpenView,
    ProtectedView,
    fixed_schema,
    operation,
    plain_schema,
    route,
    view,
)
from tests.schema.projects.shapes import Detail
from tests.schema.test_command import run


class FailingPermission(BasePermission):
    def has_permission(self, request, view):
        raise LookupError("no tenant\nfor you")


class Stop(BaseException):
    """As libraries have them that end their own affairs, and as Ctrl-C is one."""


def ending(error):
    """Return views of which a permission, an authenticator, or their own code ends in *error*."""

    def end(self, *args, **kwargs):
        raise error

    permission = type("EndingPermission", (BasePermission,), {"has_permission": end})
    authenticator = type("EndingAuthentication", (BaseAuthentication,), {"authenticate": end})
    refused = {"has_permission": lambda *args: False, "message": property(end)}
    refusal = type("EndingRefusal", (BasePermission,), refused)
    about_object = type("EndingObject", (BasePermission,), {"has_object_permission": end})
    return {
        "a permission": view(permission_classes=[permission]),
        "a composed permission": view(permission_classes=[AllowAny & permission]),
        "an authenticator": view(ProtectedView, authentication_classes=[authenticator]),
        "the message of a refusal": view(ProtectedView, permission_classes=[refusal]),
        "initial()": view(ProtectedView, initial=end),
        "dispatch()": view(ProtectedView, dispatch=end),
        "check_permissions()": view(ProtectedView, check_permissions=end),
        "permission_denied()": view(ProtectedView, permission_denied=end),
        "has_object_permission()": view(Detail, permission_classes=[about_object]),
        "get_queryset()": view(Detail, permission_classes=[about_object], get_queryset=end),
    }


class UnmakeablePermission(BasePermission):
    def __init__(self):
        raise RuntimeError("wants arguments")


class FailingAuthentication(BaseAuthentication):
    def authenticate(self, request):
        raise OSError("no key server")


class FailingPermissions(ProtectedView):
    def get_permissions(self):
        raise KeyError("action")


class FailingInitial(ProtectedView):
    def initial(self, request, *args, **kwargs):
        raise ZeroDivisionError


class FailingView(APIView):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        if kwargs:
            raise ValueError("no kwargs")

    def get(self, request):
        return Response({})


class Unrepresentable(BasePermission):
    def has_permission(self, request, view):
        class Odd(Exception):
            def __str__(self):
                raise RuntimeError("no words")

        raise Odd


BROKEN = {
    "a permission": (view(permission_classes=[FailingPermission]), "LookupError: no tenant for"),
    "an authenticator": (
        view(ProtectedView, authentication_classes=[FailingAuthentication]),
        "OSError: no key server",
    ),
    "initial()": (FailingInitial, "ZeroDivisionError"),
    "an exception without words": (view(permission_classes=[Unrepresentable]), "no words"),
}


@pytest.mark.parametrize(("view_class", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_fails_is_named_and_the_others_are_decided(urlconf, view_class, reason):
    name = urlconf(route(view_class, "broken/"), route(OpenView, "open/"))
    shown, _ = run("--urlconf", name, "--format", "json", "--exit-zero")
    report = json.loads(shown)
    (undecided,) = report["coverage"]["undecided"]
    assert undecided["path"] == "/broken/"
    assert reason in undecided["reason"]
    assert "\n" not in undecided["reason"]
    assert report["coverage"]["decided"] == 1


class FailingSerializer(serializers.Serializer):
    def get_fields(self):
        raise AttributeError("no model")


class FailingInspector(AutoSchema):
    def get_operation(self, *args, **kwargs):
        raise NotImplementedError("some day")


UNMADE = {
    "an inspector": (view(schema=FailingInspector()), "NotImplementedError: some day", "Inspector"),
    "a permission": (
        view(permission_classes=[UnmakeablePermission]),
        "RuntimeError: wants arguments",
        "UnmakeablePermission",
    ),
    "get_permissions()": (FailingPermissions, "KeyError: 'action'", "FailingPermissions"),
    "a serializer": (
        view(ProtectedView, serializer_class=FailingSerializer),
        "AttributeError: no model",
        "FailingSerializer",
    ),
    "a view": (FailingView, "ValueError: no kwargs", "FailingView"),
}


@pytest.mark.parametrize(("view_class", "reason", "culprit"), UNMADE.values(), ids=UNMADE)
def test_what_keeps_the_schema_from_being_made_is_named(urlconf, view_class, reason, culprit):
    callback = view_class.as_view(http_method_names=["get"])
    with pytest.raises(CommandError, match=reason) as error:
        run("--urlconf", urlconf(path("thing/", callback)))
    assert error.value.returncode == 3
    assert str(error.value).endswith(f"{culprit})")
    assert "\n" not in str(error.value)


@pytest.mark.django_db
@pytest.mark.parametrize("tier", ["T1", "T2", "T3", "T4"])
@pytest.mark.parametrize("error", [SystemExit("good bye"), Stop("good bye"), GeneratorExit()])
@pytest.mark.parametrize("kind", ending(None))
def test_what_ends_python_ends_one_operation_alone(urlconf, tier, error, kind):
    Group.objects.create(name="one")
    broken = path("broken/<int:pk>/", ending(error)[kind].as_view())
    name = urlconf(route(OpenView, "before/"), broken, route(ProtectedView, "own/"))
    shown, _ = run("--urlconf", name, "--format", "json", "--exit-zero", "--tier", tier)
    report = json.loads(shown)
    (undecided,) = report["coverage"]["undecided"]
    assert undecided["path"] == "/broken/{id}/"
    if tier > "T2" or kind not in ("has_object_permission()", "get_queryset()"):
        assert type(error).__name__ in undecided["reason"]
    assert report["coverage"]["decided"] == 2


@pytest.mark.django_db
def test_and_is_a_finding_with_its_name(urlconf):
    name = urlconf(route(ending(SystemExit(0))["a permission"]), route(OpenView, "open/"))
    shown, _ = run("--urlconf", name, "--select", "AK305", "--exit-zero", "--tier", "T2")
    assert "raises: SystemExit: 0 (in tests.schema.test_broken_hosts.EndingP" in shown


@pytest.mark.django_db
def test_a_handler_that_exits_python_is_no_refusal(urlconf):
    def get(self, request):
        raise SystemExit

    name = urlconf(route(view(OpenView, get=get)))
    shown, _ = run("--urlconf", name, "--format", "json", "--live", "--exit-zero")
    assert [one["state"] for one in json.loads(shown)["operations"]] == ["public"]


def test_a_view_that_ends_python_while_the_schema_is_made_is_no_success(urlconf):
    def get_serializer_class(self):
        raise SystemExit(0)

    ends = view(GenericAPIView, get_serializer_class=get_serializer_class, get=OpenView.get)
    with pytest.raises(CommandError, match="SystemExit: 0") as error:
        run("--urlconf", urlconf(route(ends)))
    assert error.value.returncode == 3


def test_ctrl_c_ends_the_audit(urlconf):
    name = urlconf(route(ending(KeyboardInterrupt())["a permission"]), route(OpenView, "open/"))
    with pytest.raises(KeyboardInterrupt):
        run("--urlconf", name)


class TestTheHook:
    @pytest.mark.parametrize("error", [SystemExit(1), Stop()])
    @pytest.mark.parametrize("kind", ending(None))
    def test_leaves_an_operation_that_ends_python_as_it_was(self, error, kind):
        routes = [path("broken/<int:pk>/", ending(error)[kind].as_view()), route(OpenView, "open/")]
        document = fixed_schema(*routes)
        assert operation(document, "/open/")["security"] == []
        plain = operation(plain_schema(*routes), "/broken/{id}/")
        assert operation(document, "/broken/{id}/") == plain

    def test_survives_a_throttle_and_a_key_parser_that_end_python(self):
        def end(*args):
            raise SystemExit(1)

        key = type("HasEndingKey", (BaseHasAPIKey,), {"get_key": end})
        ends = view(ProtectedView, permission_classes=[key], get_throttles=end)
        written = operation(fixed_schema(route(ends)))
        assert written["security"] == [{"endingKey": []}]
        assert "429" not in written["responses"]
