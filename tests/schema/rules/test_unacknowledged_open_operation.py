from __future__ import annotations

import pytest
from authkit.schema import public
from authkit.schema.results.findings import Severity
from authkit.schema.rules.unacknowledged_open_operation import RULE
from django.contrib.auth.models import Group
from rest_framework import generics, viewsets
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    JWTView,
    OpenView,
    ProtectedView,
    ThingSerializer,
    found,
    report_on,
    route,
    view,
)

WITH_AND_WITHOUT_HOOK = pytest.mark.parametrize("hooks", [[], [HOOK]], ids=["plain", "hook"])


class EveryCaller(AllowAny):
    pass


class Posted(JWTView):
    http_method_names = ["post"]

    def post(self, request): ...


@pytest.mark.parametrize(
    "open_view",
    [
        view(OpenView),
        view(permission_classes=[EveryCaller]),
        view(permission_classes=[IsAuthenticated | AllowAny]),
        view(permission_classes=[IsAuthenticatedOrReadOnly]),
        view(OpenView, get_permissions=lambda self: [EveryCaller()]),
    ],
    ids=["inherited", "subclass", "composed", "read-only", "own-method"],
)
def test_an_undeclared_open_view_is_found_with_and_without_the_hook(open_view):
    assert found(RULE, route(open_view)) == ["GET /thing/"]
    assert found(RULE, route(open_view), hooks=[HOOK]) == ["GET /thing/"]


def test_an_unsafe_method_is_an_error_and_a_safe_one_a_warning():
    routes = [
        route(view(OpenView), "a/"),
        route(view(Posted, permission_classes=[EveryCaller]), "b/"),
    ]
    findings = [one for one in report_on(*routes).findings if one.rule is RULE]
    found_at = {one.place.path: one.severity for one in findings}
    assert found_at == {"/a/": Severity.WARNING, "/b/": Severity.ERROR}
    assert all("@public" in one.suggestion for one in findings)


@pytest.mark.parametrize(
    "open_view",
    [
        view(permission_classes=[AllowAny]),
        view(permission_classes=[]),
        view(OpenView, authentication_classes=[]),
        view(get_permissions=lambda self: [AllowAny()]),
        public(reason="Anybody may look.")(view(OpenView)),
    ],
    ids=["allow-any", "no-permissions", "no-authenticators", "own-method", "public"],
)
def test_what_the_view_says_itself_is_left_alone(open_view):
    assert found(RULE, route(open_view)) == []


def test_a_protected_view_is_left_alone():
    assert found(RULE, route(ProtectedView)) == []


def test_what_is_said_of_a_base_class_is_not_said_of_its_subclasses():
    base = public(reason="The front page.")(view(OpenView))
    assert found(RULE, route(view(base))) == ["GET /thing/"]


def test_a_permission_given_where_the_url_is_made_is_left_alone():
    class Health(ProtectedView):
        pass

    opened = Health.as_view(permission_classes=[AllowAny])
    opened_route = route(Health)
    opened_route.callback = opened
    assert found(RULE, opened_route) == []


class Things(viewsets.ViewSet):
    serializer_class = ThingSerializer
    permission_classes = [EveryCaller]

    @public(reason="The shop window.")
    def list(self, request):
        return Response([])

    def create(self, request): ...

    @action(detail=False, permission_classes=[AllowAny])
    def health(self, request): ...

    @public(reason="The shop window.")
    @action(detail=False)
    def window(self, request): ...

    @action(detail=False)
    def forgotten(self, request): ...


def test_methods_and_actions_speak_for_themselves():
    router = SimpleRouter()
    router.register("things", Things, basename="things")
    assert found(RULE, *router.urls) == ["POST /things/", "GET /things/forgotten/"]


def test_functions_are_marked_from_above():
    @api_view(["GET"])
    @permission_classes([EveryCaller])
    def forgotten(request): ...

    @public(reason="The shop window.")
    @api_view(["GET"])
    @permission_classes([EveryCaller])
    def window(request): ...

    @api_view(["GET"])
    @permission_classes([AllowAny])
    def said(request): ...

    routes = [route(ProtectedView, f"{name}/") for name in ("forgotten", "window", "said")]
    for one, callback in zip(routes, (forgotten, window, said), strict=True):
        one.callback = callback
    assert found(RULE, *routes) == ["GET /forgotten/"]


def test_a_function_that_inherits_the_default_did_not_say_so(settings):
    class Default(JWTView):
        permission_classes = [AllowAny]

    @api_view(["GET"])
    def default(request): ...

    inherited = route(ProtectedView)
    inherited.callback = default
    expected = [] if default.cls.permission_classes == [IsAuthenticated] else ["GET /thing/"]
    assert found(RULE, inherited) == expected


class OwnSerializer(TokenObtainPairView):
    serializer_class = ThingSerializer


class OwnHandler(TokenObtainPairView):
    def post(self, request):
        return super().post(request)


class OwnPermission(TokenObtainPairView):
    permission_classes = [EveryCaller]


class OwnCode(TokenObtainPairView):
    def get_permissions(self):
        return [EveryCaller()]


class OwnData(ObtainAuthToken, generics.ListAPIView):
    """REST framework wrote both, and the project's rows are what is listed."""

    queryset = Group.objects.order_by("pk")
    serializer_class = ThingSerializer


class ByDefault(generics.CreateAPIView):
    """Open where the default of the project is."""

    serializer_class = ThingSerializer


def severities(*routes, **options):
    findings = report_on(*routes, **options).findings
    return {one.place.label: one.severity for one in findings if one.rule is RULE}


@OAS_VERSIONS
@WITH_AND_WITHOUT_HOOK
@pytest.mark.parametrize("library_view", [TokenObtainPairView, TokenRefreshView, ObtainAuthToken])
def test_what_a_library_opens_is_left_alone(library_view, hooks, version):
    options = {"hooks": hooks, "OAS_VERSION": version}
    assert severities(route(library_view), **options) == {}


@OAS_VERSIONS
@WITH_AND_WITHOUT_HOOK
@pytest.mark.parametrize(
    ("own", "severity"),
    [
        (OwnSerializer, Severity.NOTE),
        (OwnHandler, Severity.ERROR),
        (OwnPermission, Severity.ERROR),
        (OwnCode, Severity.ERROR),
    ],
)
def test_a_subclass_in_the_project_is_reported(own, severity, hooks, version):
    options = {"hooks": hooks, "OAS_VERSION": version}
    assert severities(route(own), **options) == {"POST /thing/": severity}


def test_a_permission_of_the_project_on_a_view_of_a_library_is_reported():
    given = route(TokenObtainPairView)
    given.callback = TokenObtainPairView.as_view(permission_classes=[EveryCaller])
    assert severities(given) == {"POST /thing/": Severity.ERROR}


def test_a_project_that_is_installed_like_a_library_is_none(settings):
    """As in a container, where the project is a package among others."""
    settings.ROOT_URLCONF = "rest_framework_simplejwt.views"
    assert severities(route(TokenObtainPairView)) == {"POST /thing/": Severity.ERROR}
    assert severities(route(OwnSerializer)) == {"POST /thing/": Severity.ERROR}


def test_data_of_the_project_that_a_library_would_open_is_reported():
    assert severities(route(OwnData))["GET /thing/"] is Severity.WARNING


def test_a_handler_of_a_library_under_an_open_default_is_reported(monkeypatch):
    monkeypatch.setattr(APIView, "permission_classes", [AllowAny])
    assert severities(route(ByDefault)) == {"POST /thing/": Severity.ERROR}


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_mark_requires_a_reason(reason):
    with pytest.raises(ValueError, match="needs a reason"):
        public(reason=reason)


def test_a_marked_view_is_the_same_view():
    assert public(reason="The shop window.")(OpenView.get) is OpenView.get
    del OpenView.get.authkit_public
