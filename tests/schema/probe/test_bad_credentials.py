"""What the hook writes about credentials that are not valid, where anonymous callers get in."""

from __future__ import annotations

import copy
import logging
import socket

import pytest
from authkit.authentication import (
    APIKeyAuthentication,
    JWTAuthentication,
    PlainAPIKeyAuthentication,
)
from authkit.schema.audit.explain import explain_operation
from authkit.schema.audit.run import update_verdicts
from authkit.schema.hooks import postprocess_schema_security
from authkit.schema.model.source import Source
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.rules.anonymous_request_writes import RULE as AK306
from authkit.schema.rules.optional_auth_lacks_401 import RULE as AK404
from authkit.schema.sandbox.answers import Caller, Presented
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticatedOrReadOnly
from rest_framework.test import APIClient
from rest_framework_simplejwt.authentication import JWTAuthentication as SimpleJWTAuthentication

from tests.schema.documents import (
    HOOK,
    JWTView,
    OpenView,
    ProtectedView,
    as_bytes,
    audited_schema,
    fixed_schema,
    found,
    make_schema,
    operation,
    plain_schema,
    report_on,
    route,
    view,
)
from tests.schema.projects.shapes import Detail

BODY = {
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AuthkitErrorDetail"}}}
}
NOT_VALID = {"description": "The credential is not valid.", **BODY}


def optional(*authenticators, base=JWTView, **attributes):
    attributes.setdefault("permission_classes", [AllowAny])
    return view(base, authentication_classes=list(authenticators), **attributes)


def refusals(view_class, at="thing/", **patches):
    responses = operation(fixed_schema(route(view_class, at), **patches))["responses"]
    return {status: text for status, text in responses.items() if status > "3"}


def seen(view_class, tier=Tier.T1):
    (audited,) = audited_schema(route(view_class), probe=Probe(tier)).operations
    return audited.decision.bad_credential


def in_header(name, **attributes):
    """An authenticator that is described as a key in the header *name*."""
    return described(name, {"type": "apiKey", "in": "header", "name": name}, **attributes)


def described(name, definition, **attributes):
    authenticator = type(f"{name.title()}Authentication", (BaseAuthentication,), attributes)
    body = {
        "target_class": authenticator,
        "name": name,
        "get_security_definition": lambda self, auto_schema: definition,
    }
    type("Scheme", (OpenApiAuthenticationExtension,), body)
    return authenticator


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    registered = list(OpenApiAuthenticationExtension._registry)
    monkeypatch.setattr(OpenApiAuthenticationExtension, "_registry", registered)


def refuse(self, request):
    if request.META.get("HTTP_X_SIGNATURE"):
        raise exceptions.AuthenticationFailed


@pytest.mark.urls(__name__)
class TestWhatIsSeen:
    @pytest.mark.parametrize(
        "authenticator",
        [
            APIKeyAuthentication,
            BasicAuthentication,
            JWTAuthentication,
            PlainAPIKeyAuthentication,
            SimpleJWTAuthentication,
            TokenAuthentication,
            type("Bearer", (TokenAuthentication,), {"keyword": "Bearer"}),
            type("CustomHeader", (APIKeyAuthentication,), {"header": "X-Own-Key"}),
        ],
        ids=lambda authenticator: f"{authenticator.__module__}.{authenticator.__name__}",
    )
    def test_is_documented(self, authenticator):
        assert refusals(optional(authenticator)) == {"401": NOT_VALID}

    def test_is_what_the_first_authenticator_makes_of_it(self):
        both = optional(SessionAuthentication, SimpleJWTAuthentication)
        assert refusals(both) == {"403": NOT_VALID}
        assert APIClient(HTTP_AUTHORIZATION="Bearer no").get("/both/").status_code == 403
        assert list(refusals(optional(SimpleJWTAuthentication, SessionAuthentication))) == ["401"]

    def test_is_what_an_exception_keeps_whatever_rest_framework_assigns(self):
        assert refusals(BOTH_WITH_OURS) == {"401": NOT_VALID}
        assert APIClient(HTTP_AUTHORIZATION="Bearer no").get("/ours/").status_code == 401

    def test_may_be_several(self):
        def forbid(self, request):
            if request.META.get("HTTP_X_SIGNATURE"):
                raise PermissionDenied

        both = optional(SimpleJWTAuthentication, in_header("X-Signature", authenticate=forbid))
        assert list(refusals(both)) == ["401", "403"]
        (message,) = [f.message for f in report_on(route(both)).findings if f.rule is AK404]
        assert message == "An invalid credential is answered 401 or 403, which is not documented."

    def test_is_seen_where_the_scheme_says_that_the_credential_stands(self):
        def in_cookie(self, request):
            if "ticket" in request.COOKIES:
                raise exceptions.AuthenticationFailed

        def in_query(self, request):
            if "ticket" in request.query_params:
                raise exceptions.AuthenticationFailed

        def as_second_word(self, request):
            word, _, ticket = request.headers.get("Authorization", "").partition(" ")
            if word == "Ticket" and ticket:
                raise exceptions.AuthenticationFailed

        where = {"in": "cookie", "name": "ticket"}
        cookie = described("cookie", {"type": "apiKey", **where}, authenticate=in_cookie)
        where = {"in": "query", "name": "ticket"}
        query = described("query", {"type": "apiKey", **where}, authenticate=in_query)
        scheme = {"type": "http", "scheme": "Ticket"}
        word = described("word", scheme, authenticate=as_second_word)
        for authenticator in (cookie, query, word):
            assert refusals(optional(authenticator)) == {"403": NOT_VALID}

    def test_is_seen_by_an_authenticator_that_ignores_what_has_two_words(self):
        def authenticate(self, request):
            words = request.headers.get("Authorization", "").split()
            if len(words) == 2:
                raise exceptions.AuthenticationFailed

        strict = described("own", {"type": "oauth2", "flows": {}}, authenticate=authenticate)
        assert refusals(optional(strict)) == {"403": NOT_VALID}

    def test_is_seen_behind_decorators_and_an_initial_of_the_projects_own(self):
        class OwnInitial(JWTView):
            permission_classes = [AllowAny]

            def initial(self, request, *args, **kwargs):
                super().initial(request, *args, **kwargs)

        assert refusals(OwnInitial) == {"401": NOT_VALID}

    def test_is_not_probed_at_t0(self):
        assert seen(optional(SimpleJWTAuthentication), Tier.T0) == ()

    @pytest.mark.django_db
    def test_is_known_at_every_deeper_tier(self):
        for tier in (Tier.T1, Tier.T2, Tier.T3, Tier.T4):
            assert seen(optional(SimpleJWTAuthentication), tier) == (401,)

    def test_is_told_by_the_explanation(self, settings, urlconf):
        settings.ROOT_URLCONF = urlconf(route(optional(SimpleJWTAuthentication)))
        explanation = explain_operation(Source(), "GET", "/thing/", Probe(Tier.T1))
        assert "optional (tier T0); a bad credential is answered 401\n" in explanation


class TestNothingIsWritten:
    def test_about_a_view_that_reads_no_credential(self):
        assert refusals(OpenView) == {}

    def test_about_a_protected_view_but_its_own_refusal(self):
        text = "The credential is missing or not valid."
        assert refusals(ProtectedView) == {"401": {"description": text, **BODY}}

    def test_about_a_credential_that_is_ignored(self):
        assert refusals(optional(SessionAuthentication)) == {}
        ignores = in_header("X-Tenant", authenticate=lambda self, request: None)
        assert refusals(optional(ignores)) == {}

    def test_about_a_credential_that_is_taken_whatever_it_is(self):
        takes = in_header("X-Tenant", authenticate=lambda self, request: (Group(), None))
        assert refusals(optional(takes)) == {}

    def test_about_an_authenticator_that_nothing_describes(self):
        undescribed = type("Undescribed", (BaseAuthentication,), {"authenticate": refuse})
        assert refusals(optional(undescribed)) == {}

    def test_about_an_authenticator_that_reads_another_place_than_its_scheme_says(self):
        elsewhere = in_header("X-Elsewhere", authenticate=refuse)
        assert refusals(optional(elsewhere)) == {}
        assert list(refusals(optional(in_header("X-Signature", authenticate=refuse)))) == ["403"]

    def test_about_a_refusal_because_the_database_is_missing(self):
        def authenticate(self, request):
            if "HTTP_X_SIGNATURE" in request.META:
                try:
                    Group.objects.get(name=request.META["HTTP_X_SIGNATURE"])
                except Exception:
                    raise exceptions.AuthenticationFailed from None

        asks = in_header("X-Signature", authenticate=authenticate)
        assert refusals(optional(asks)) == {}

    def test_about_a_refusal_because_the_network_is_missing_and_no_audit_reports_it(self):
        def authenticate(self, request):
            if "HTTP_X_SIGNATURE" in request.META:
                try:
                    socket.create_connection(("192.0.2.1", 443))
                except OSError:
                    raise exceptions.AuthenticationFailed from None

        asks = optional(in_header("X-Signature", authenticate=authenticate))
        assert refusals(asks) == {}
        assert found(AK306, route(asks)) == []

    @pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
    def test_about_an_answer_that_is_no_refusal(self, status):
        class Odd(exceptions.APIException):
            status_code = status

        def authenticate(self, request):
            if "HTTP_X_SIGNATURE" in request.META:
                raise Odd

        assert refusals(optional(in_header("X-Signature", authenticate=authenticate))) == {}

    @pytest.mark.parametrize("error", [LookupError, SystemExit, BaseException])
    def test_about_an_authenticator_that_fails(self, error):
        def authenticate(self, request):
            if "HTTP_X_SIGNATURE" in request.META:
                raise error

        fails = optional(in_header("X-Signature", authenticate=authenticate))
        document = fixed_schema(route(fails))
        assert operation(document)["security"] == [{"X-Signature": []}, {}]
        assert list(operation(document)["responses"]) == ["200"]

    def test_about_a_permission_that_refuses_every_caller_that_reaches_it(self):
        """Undecided here, open for an audit that has been written down: not the credential's."""

        class Whim(BasePermission):
            def has_permission(self, request, view):
                return request.tenant == "shop"

        (audited,) = audited_schema(
            route(optional(SimpleJWTAuthentication, permission_classes=[Whim]))
        ).operations
        assert not audited.decision.is_decided
        assert audited.decision.bad_credential == ()

    @pytest.mark.parametrize("status", ["401", "4XX", "default"])
    def test_where_it_is_documented_already(self, status):
        class Documented(JWTView):
            permission_classes = [AllowAny]

            @extend_schema(responses={200: None, status: OpenApiResponse(description="No.")})
            def get(self, request): ...

        assert as_bytes(fixed_schema(route(Documented))) == as_bytes(
            plain_schema(route(Documented))
        )

    def test_where_an_extension_fails(self):
        class Fails(OpenApiAuthenticationExtension):
            target_class = described("x", {"type": "http", "scheme": "x"}, authenticate=refuse)
            name = "fails"
            priority = 1
            broken = False

            def get_security_definition(self, auto_schema):
                if Fails.broken:
                    raise RuntimeError
                return {"type": "http", "scheme": "x"}

        document, generator = make_schema(route(optional(Fails.target_class)))
        Fails.broken = True
        before = list(operation(document)["responses"])
        postprocess_schema_security(document, generator, request=None, public=True)
        assert list(operation(document)["responses"]) == before

    def test_where_the_projects_own_mock_request_fails(self):
        def fail(method, path, view, original_request, **kwargs):
            raise LookupError

        routes = [route(optional(SimpleJWTAuthentication))]
        document, generator = make_schema(*routes)
        with patched_settings({"GET_MOCK_REQUEST": fail}):
            postprocess_schema_security(document, generator, request=None, public=True)
        assert operation(document)["security"] == [{"jwtAuth": []}, {}]
        assert list(operation(document)["responses"]) == ["200"]


class TestTheHook:
    def test_leaves_nothing_to_the_rule_where_something_was_seen(self):
        routes = [
            route(optional(SimpleJWTAuthentication), "a/"),
            route(optional(SessionAuthentication, TokenAuthentication), "b/"),
            route(optional(permission_classes=[IsAuthenticatedOrReadOnly], base=JWTView), "c/"),
        ]
        assert found(AK404, *routes) == ["GET /a/", "GET /b/"]
        assert found(AK404, *routes, hooks=[HOOK]) == []

    def test_writes_the_same_bytes_again(self):
        routes = [
            route(optional(SimpleJWTAuthentication), "a/"),
            route(optional(SessionAuthentication, TokenAuthentication), "b/"),
        ]
        document, generator = make_schema(*routes, hooks=[HOOK])
        before = as_bytes(document)
        postprocess_schema_security(document, generator, request=None, public=True)
        assert as_bytes(document) == before
        assert as_bytes(fixed_schema(*routes)) == before

    def test_asks_once_while_requests_are_served_and_remembers(self, rf):
        asked = []

        def authenticate(self, request):
            asked.append(request.META.get("HTTP_X_SIGNATURE"))
            return refuse(self, request)

        routes = [route(optional(in_header("X-Signature", authenticate=authenticate)))]

        def serve():
            document, generator = make_schema(*routes)
            postprocess_schema_security(document, generator, request=rf.get("/"), public=True)
            return document

        first, times = serve(), len(asked)
        assert list(operation(first)["responses"]) == ["200", "403"]
        assert serve() == first
        assert len(asked) == times

    def test_sends_nothing_that_could_be_a_real_credential(self):
        sent = []

        def authenticate(self, request):
            sent.append(request.META.get("HTTP_X_SIGNATURE"))

        fixed_schema(route(optional(in_header("X-Signature", authenticate=authenticate))))
        assert {*sent} == {None, "not a credential", "not-a-credential"}

    def test_writes_no_line_into_the_log_of_security(self, caplog):
        with caplog.at_level(logging.DEBUG, logger="authkit.security"):
            fixed_schema(route(optional(JWTAuthentication, APIKeyAuthentication)))
        assert [one for one in caplog.records if one.name == "authkit.security"] == []

    def test_leaves_open_operations_that_are_to_be_reported_as_they_are_declared(self, settings):
        settings.AUTHKIT = {"SCHEMA_OPEN_OPERATIONS": "report"}
        document = fixed_schema(route(optional(SimpleJWTAuthentication, permission_classes=[])))
        assert operation(document)["security"] == [{"jwtAuth": []}]
        assert operation(document)["responses"]["401"] == NOT_VALID


class PublicObjects(BasePermission):
    def has_object_permission(self, request, view, row):
        return True


class OwnObjects(BasePermission):
    def has_object_permission(self, request, view, row):
        return request.user.is_authenticated


class TestObjects:
    """Whether the view is open, rows decide; what a bad credential meets, the view says alone."""

    ROUTES = [
        path("own/<int:pk>/", view(Detail, permission_classes=[OwnObjects]).as_view()),
        path("public/<int:pk>/", view(Detail, permission_classes=[PublicObjects]).as_view()),
    ]

    def test_while_no_row_is_queried_nothing_is_written(self):
        for at in ("/own/{id}/", "/public/{id}/"):
            assert list(operation(fixed_schema(*self.ROUTES), at)["responses"]) == ["200"]

    @pytest.mark.django_db
    def test_what_an_audit_wrote_down_decides_what_is_said_of_the_refusal(
        self, tmp_path, settings, urlconf
    ):
        Group.objects.create(name="first")
        settings.ROOT_URLCONF = urlconf(*self.ROUTES)
        settings.AUTHKIT = {"SCHEMA_VERDICTS": tmp_path / "verdicts.json"}
        update_verdicts(Source())
        document = fixed_schema(*self.ROUTES)
        public, own = (operation(document, f"/{name}/{{id}}/") for name in ("public", "own"))
        assert public["security"] == [{"jwtAuth": []}, {}]
        assert public["responses"]["401"] == NOT_VALID
        assert own["security"] == [{"jwtAuth": []}]
        text = "The credential is missing or not valid."
        assert own["responses"]["401"] == {"description": text, **BODY}

    @pytest.mark.django_db
    def test_the_audit_knows_what_the_view_said_alone(self):
        Group.objects.create(name="first")
        own, public = audited_schema(*self.ROUTES, probe=Probe(Tier.T3)).operations
        assert own.decision.bad_credential == public.decision.bad_credential == (401,)


class TestPresented:
    def test_does_not_reach_other_requests_that_share_their_containers(self):
        request = RequestFactory().get("/", {"q": "1"})
        assert "X-Key" not in {*request.headers, *request.COOKIES, *request.GET}
        before = copy.copy(request)
        for place in ("header", "query", "cookie"):
            Presented(place, "X-Key", "no").put_into(request)
        assert request.headers["X-Key"] == request.GET["X-Key"] == request.COOKIES["X-Key"] == "no"
        assert "HTTP_X_KEY" not in before.META
        assert "X-Key" not in before.GET
        assert "X-Key" not in before.COOKIES

    def test_is_a_part_of_who_asks(self):
        caller = Caller(presented=Presented("header", "X-Key", "no"))
        assert caller != Caller()
        assert hash(caller)


# The same views as they are served: what is documented is what they answer.
BOTH = optional(SessionAuthentication, SimpleJWTAuthentication)
BOTH_WITH_OURS = optional(SessionAuthentication, JWTAuthentication)
urlpatterns = [route(BOTH, "both/"), route(BOTH_WITH_OURS, "ours/")]
