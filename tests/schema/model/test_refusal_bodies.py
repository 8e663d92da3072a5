"""The bodies of refusals in the document: what the project's exception handler answers."""

from __future__ import annotations

import copy
from functools import wraps

import jsonschema
import pytest
from authkit.authentication import (
    APIKeyAuthentication,
    BearerAuthentication,
    JWTAuthentication,
)
from authkit.errors import exception_handler
from authkit.schema.hooks import postprocess_schema_security
from authkit.sessions.views import SessionListView
from django.urls import include, path
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from drf_spectacular.validation import validate_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.renderers import (
    BaseRenderer,
    BrowsableAPIRenderer,
    JSONRenderer,
    StaticHTMLRenderer,
)
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.throttling import AnonRateThrottle, BaseThrottle

from tests.schema.documents import (
    HOOK,
    ProtectedView,
    fixed_schema,
    make_schema,
    operation,
    route,
    view,
)

DRF = "rest_framework.views.exception_handler"
OURS = "authkit.errors.exception_handler"
PROBLEMS = "authkit.errors.problem_details_handler"

#: handler: the media type and the component
KNOWN = {
    DRF: ("application/json", "AuthkitErrorDetail"),
    OURS: ("application/json", "AuthkitError"),
    PROBLEMS: ("application/problem+json", "AuthkitErrorProblem"),
}


def reference(component):
    return {"schema": {"$ref": f"#/components/schemas/{component}"}}


def components(document):
    found = document.get("components", {}).get("schemas", {})
    return {name: one for name, one in found.items() if name.startswith("AuthkitError")}


def content(document, status="401", at="/thing/"):
    return operation(document, at)["responses"][status].get("content")


@pytest.fixture
def handled_by(settings):
    def choose(handler):
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": handler}

    return choose


class Never(BaseThrottle):
    def allow_request(self, request, view):
        return False


class Forbids(BasePermission):
    def has_permission(self, request, view):
        return False


#: The views that refuse, and the status of each.
REFUSING = {
    "401": ProtectedView,
    "403": view(ProtectedView, authentication_classes=[], permission_classes=[Forbids]),
    "429": view(authentication_classes=[], permission_classes=[AllowAny], throttle_classes=[Never]),
}
urlpatterns = [route(one, f"{status}/") for status, one in REFUSING.items()]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("status", REFUSING)
@pytest.mark.parametrize("handler", KNOWN)
def test_the_body_is_what_the_view_answers(handled_by, handler, status, version):
    handled_by(handler)
    document = fixed_schema(*urlpatterns, OAS_VERSION=version)
    validate_schema(document)
    media_type, component = KNOWN[handler]
    assert content(document, status, f"/{status}/") == {media_type: reference(component)}
    schema = components(document)[component]
    assert set(schema["required"]) == set(schema["properties"])

    answer = APIClient().get(f"/{status}/")
    assert answer.status_code == int(status)
    assert answer.headers["Content-Type"] == media_type
    body = answer.json()
    jsonschema.validate(body, schema)
    assert body.keys() == schema["properties"].keys()


BOTH = [JWTAuthentication, APIKeyAuthentication]
TAKING = {
    "both": BOTH,
    "session": [SessionAuthentication, *BOTH],
    "bearer": [BearerAuthentication],
    "token": [JWTAuthentication],
}
taking_urls = [
    route(view(ProtectedView, authentication_classes=classes), f"{name}/")
    for name, classes in TAKING.items()
]


@pytest.mark.urls(tuple(taking_urls))
@pytest.mark.parametrize("handler", KNOWN)
@pytest.mark.parametrize("name", TAKING)
def test_two_credentials_are_400_where_the_view_takes_either(handled_by, handler, name):
    handled_by(handler)
    document = fixed_schema(*taking_urls)
    headers = {"HTTP_AUTHORIZATION": "Bearer x", "HTTP_X_API_KEY": "x"}
    answer = APIClient().get(f"/{name}/", **headers)
    documented = operation(document, f"/{name}/")["responses"].get("400")
    assert (answer.status_code == 400) == (documented is not None) == (name in ("both", "session"))
    if documented is not None:
        media_type, component = KNOWN[handler]
        assert documented["content"] == {media_type: reference(component)}
        jsonschema.validate(answer.json(), components(document)[component])
        assert "multiple_credentials" in documented["description"]


def test_a_400_of_the_project_stays(handled_by):
    taking = view(ProtectedView, authentication_classes=BOTH)
    said = OpenApiResponse(description="The query is wrong.")
    taking.get = extend_schema(responses={200: None, 400: said})(lambda self, request: None)
    responses = operation(fixed_schema(route(taking)))["responses"]
    assert responses["400"]["description"] == "The query is wrong."


@pytest.mark.parametrize("handler", KNOWN)
def test_the_component_is_there_once_and_only_where_it_is_used(handled_by, handler):
    handled_by(handler)
    assert list(components(fixed_schema(*urlpatterns))) == [KNOWN[handler][1]]
    open_view = view(authentication_classes=[], permission_classes=[AllowAny])
    assert components(fixed_schema(route(open_view))) == {}


def test_it_is_idempotent(handled_by):
    handled_by(OURS)
    document, generator = make_schema(*urlpatterns, hooks=[HOOK])
    again = copy.deepcopy(document)
    with patched_settings({}):
        postprocess_schema_security(again, generator, request=None, public=True)
    assert again == document


@wraps(exception_handler)
def own_handler(exc, context):
    return Response({"error": "no"}, status=401)


class TestNothingIsSaid:
    """Where code of the project makes the body, the document has the status alone."""

    def test_behind_a_handler_of_the_project_even_one_that_wraps_ours(self, handled_by):
        handled_by(f"{__name__}.own_handler")
        document = fixed_schema(route(ProtectedView))
        assert "401" in operation(document)["responses"]
        assert content(document) is None
        assert components(document) == {}

    @pytest.mark.parametrize(
        "attributes",
        [
            {"get_exception_handler": lambda self: own_handler},
            {"handle_exception": lambda self, exc: own_handler(exc, {})},
        ],
        ids=["handler of the view", "method of the view"],
    )
    def test_behind_code_of_a_view(self, attributes):
        assert content(fixed_schema(route(view(ProtectedView, **attributes)))) is None

    def test_where_a_decorator_refuses(self):
        def forbidding(callback):
            @wraps(callback)
            def inner(request, *args, **kwargs):
                return Response(status=403)

            return inner

        decorated = path("thing/", forbidding(ProtectedView.as_view()))
        document = fixed_schema(decorated)
        assert "403" in operation(document)["responses"]
        assert content(document, "403") is None

    def test_if_the_project_has_another_component_of_that_name(self):
        another = {"AuthkitErrorDetail": {"type": "string"}}
        document = fixed_schema(
            route(ProtectedView), APPEND_COMPONENTS={"schemas": copy.deepcopy(another)}
        )
        assert content(document) is None
        assert components(document) == another

    @pytest.mark.parametrize("message", [{"reason": "no"}, ["no"]], ids=repr)
    def test_where_a_permission_has_a_message_of_another_shape(self, handled_by, message):
        telling = type("Telling", (Forbids,), {"message": message})
        refusing = view(
            ProtectedView, authentication_classes=[], permission_classes=[AllowAny & telling]
        )
        assert content(fixed_schema(route(refusing)), "403") is None
        handled_by(PROBLEMS)
        assert content(fixed_schema(route(refusing)), "403") == {
            "application/problem+json": reference("AuthkitErrorProblem")
        }

    def test_if_the_renderers_of_a_view_cannot_be_known(self):
        def get_renderers(self):
            if getattr(self, "swagger_fake_view", False):
                return [JSONRenderer()]
            raise LookupError

        broken = view(ProtectedView, get_renderers=get_renderers)
        assert content(fixed_schema(route(broken))) is None


class TestMediaTypes:
    def types(self, *renderers, **patches):
        document = fixed_schema(
            route(view(ProtectedView, renderer_classes=list(renderers))), **patches
        )
        validate_schema(document)
        return content(document)

    def test_only_json_is_the_object(self):
        csv = type("CSV", (BaseRenderer,), {"media_type": "text/csv", "format": "csv"})
        assert self.types(JSONRenderer, csv, StaticHTMLRenderer, BrowsableAPIRenderer) == {
            "application/json": reference("AuthkitErrorDetail"),
            "text/csv": {},
            "text/html": {},
        }

    def test_of_a_vendor_is_json_too(self):
        vendor = type("Vendor", (JSONRenderer,), {"media_type": "application/vnd.books+json"})
        assert self.types(vendor) == {"application/vnd.books+json": reference("AuthkitErrorDetail")}

    def test_problems_have_their_own_whatever_the_renderers(self, handled_by):
        handled_by(PROBLEMS)
        assert self.types(StaticHTMLRenderer) == {
            "application/problem+json": reference("AuthkitErrorProblem")
        }

    def test_are_those_of_each_view(self):
        html = {"renderer_classes": [StaticHTMLRenderer]}
        own = {"get_renderers": lambda view: [StaticHTMLRenderer()]}
        of_views = {"/json/": {}, "/html/": html, "/own/": own, "/again/": {}}
        document = fixed_schema(
            *(route(view(ProtectedView, **of), at.lstrip("/")) for at, of in of_views.items())
        )
        types = [[*content(document, at=at)] for at in of_views]
        assert types == [["application/json"], ["text/html"], ["text/html"], ["application/json"]]

    def test_the_browsable_pages_alone_are_no_contract(self):
        assert self.types(BrowsableAPIRenderer) is None


class TestOwnResponses:
    def test_of_a_view_stay(self):
        class Documented(ProtectedView):
            @extend_schema(responses={200: None, 401: OpenApiResponse(description="Who is it?")})
            def get(self, request): ...

        document = fixed_schema(route(Documented))
        assert operation(document)["responses"]["401"] == {"description": "Who is it?"}
        assert components(document) == {}

    def test_of_drf_standardized_errors_stay(self, handled_by):
        openapi = pytest.importorskip("drf_standardized_errors.openapi")
        handled_by("drf_standardized_errors.handler.exception_handler")
        described = view(ProtectedView, schema=openapi.AutoSchema())
        document = fixed_schema(route(described))
        assert content(document) == {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/ErrorResponse401"},
                "examples": content(document)["application/json"]["examples"],
            }
        }
        assert components(document) == {}


def test_a_code_has_the_component_of_authkits_endpoints(handled_by):
    """With and without them, and so clients have one type for both."""
    handled_by(OURS)
    with_endpoints = fixed_schema(path("auth/", include("authkit.urls")), route(ProtectedView))
    without = fixed_schema(route(ProtectedView))
    assert (
        content(with_endpoints)
        == content(without)
        == {"application/json": reference("AuthkitError")}
    )
    assert components(with_endpoints) == components(without)


@pytest.mark.parametrize(
    ("handler", "component"),
    [(DRF, "AuthkitError"), (OURS, "AuthkitError"), (PROBLEMS, "AuthkitErrorProblem")],
)
def test_authkits_own_views_have_a_code_with_every_handler(
    handled_by, monkeypatch, handler, component
):
    handled_by(handler)
    limited = type("Limited", (AnonRateThrottle,), {"rate": "1/day"})
    monkeypatch.setattr(SessionListView, "throttle_classes", [limited])
    document = fixed_schema(path("auth/", include("authkit.urls")))
    (found,) = content(document, "429", "/auth/sessions/").values()
    assert found == reference(component)
