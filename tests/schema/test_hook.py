"""What the hook writes, and what it leaves alone."""

from __future__ import annotations

import copy

import pytest
import yaml
from authkit.schema.hooks import postprocess_schema_security
from authkit.schema.model.audited_schema import AuditedOperation
from django.core.management import call_command
from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from drf_spectacular.validation import validate_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.test import APIClient
from rest_framework.throttling import AnonRateThrottle, BaseThrottle, ScopedRateThrottle
from rest_framework_api_key.permissions import BaseHasAPIKey, HasAPIKey, KeyParser
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    OpenView,
    ProtectedView,
    as_bytes,
    fixed_schema,
    make_schema,
    operation,
    plain_schema,
    route,
    view,
)

JWT = {"jwtAuth": []}


def security(document, at="/thing/", method="get"):
    return operation(document, at, method)["security"]


def mend_by_hand(change, *routes, **patches):
    """Make a document without the hook, spoil it, then run the hook on it."""
    document, generator = make_schema(*routes, **patches)
    change(document)
    with patched_settings(patches):
        return postprocess_schema_security(document, generator, request=None, public=True)


def marked(auth, base=ProtectedView, **attributes):
    class Marked(base):
        @extend_schema(auth=auth)
        def get(self, request): ...

    return view(Marked, **attributes)


class OwnToken(TokenAuthentication):
    pass


class BearerToken(TokenAuthentication):
    keyword = "Bearer"


class Unknown(BaseAuthentication):
    def authenticate(self, request):
        return None


class Raises(BasePermission):
    def has_permission(self, request, view):
        raise ValueError("not here")


class HasTenantKey(BaseHasAPIKey):
    class key_parser_class(KeyParser):
        def get(self, request):
            return request.META.get("HTTP_X_TENANT_KEY")

    key_parser = key_parser_class()


EVERYTHING = [
    route(OpenView, "open/"),
    route(ProtectedView, "protected/"),
    route(view(permission_classes=[AllowAny]), "optional/"),
    route(view(permission_classes=[]), "no-permissions/"),
    route(view(permission_classes=[HasAPIKey]), "key/"),
    route(view(permission_classes=[HasTenantKey | IsAuthenticated]), "tenant/"),
    route(view(ProtectedView, authentication_classes=[OwnToken, BearerToken]), "tokens/"),
    route(view(ProtectedView, authentication_classes=[BearerToken]), "bearer/"),
    route(view(ProtectedView, authentication_classes=[]), "dead/"),
    route(view(ProtectedView, authentication_classes=[Unknown]), "unknown/"),
    route(view(permission_classes=[Raises]), "raises/"),
    route(marked([]), "marked/"),
    route(marked(["jwtAuth"]), "bare/"),
]


@OAS_VERSIONS
def test_running_it_twice_gives_the_same_bytes(version):
    document, generator = make_schema(*EVERYTHING, hooks=[HOOK], OAS_VERSION=version)
    before = as_bytes(document)
    again = postprocess_schema_security(document, generator, request=None, public=True)
    assert as_bytes(again) == before
    assert as_bytes(fixed_schema(*EVERYTHING, OAS_VERSION=version)) == before
    validate_schema(document)


def test_nothing_but_security_and_refusals_changes():
    plain, fixed = plain_schema(*EVERYTHING), fixed_schema(*EVERYTHING)
    for document in (plain, fixed):
        document["components"].pop("securitySchemes")
        document["components"]["schemas"].pop("AuthkitErrorDetail", None)
        for item in document["paths"].values():
            for one in item.values():
                one.pop("security", None)
                for status in ("401", "403", "429"):
                    one["responses"].pop(status, None)
    assert as_bytes(plain) == as_bytes(fixed)


def test_a_true_document_keeps_every_byte():
    class Documented(ProtectedView):
        @extend_schema(
            responses={200: None, 401: OpenApiResponse(description="Who are you?")},
            extensions={"x-badge": {"security": [None]}},
        )
        def get(self, request): ...

    plain = plain_schema(route(Documented))
    assert as_bytes(fixed_schema(route(Documented))) == as_bytes(plain)
    assert operation(plain)["x-badge"] == {"security": [None]}


def test_views_that_share_an_operation_written_by_hand_are_told_apart():
    by_hand = {"operationId": "by_hand", "responses": {"200": {"description": "The thing."}}}
    before = copy.deepcopy(by_hand)

    def described(base):
        class Described(base):
            @extend_schema(operation=by_hand)
            def get(self, request):
                raise NotImplementedError

        return Described

    document = fixed_schema(
        route(described(ProtectedView), "secured/"), route(described(OpenView), "open/")
    )
    assert security(document, "/secured/") == [JWT]
    assert security(document, "/open/") == []
    assert "401" in operation(document, "/secured/")["responses"]
    assert "401" not in operation(document, "/open/")["responses"]
    assert by_hand == before


class TestStates:
    def test_public_is_written_out(self):
        assert security(fixed_schema(route(OpenView))) == []

    def test_public_loses_what_the_security_setting_appends(self):
        settings = {"SECURITY": [{"gateway": []}]}
        assert security(fixed_schema(route(OpenView), **settings)) == []

    def test_optional_has_one_empty_requirement(self):
        both = {"SECURITY": [{}, {}]}
        optional = view(permission_classes=[AllowAny])
        assert security(fixed_schema(route(optional), **both)) == [JWT, {}]

    def test_secured_has_no_empty_requirement(self):
        stray = {"SECURITY": [{}]}
        assert security(fixed_schema(route(ProtectedView), **stray)) == [JWT]

    def test_closed_is_public_with_the_403_that_it_always_answers(self):
        dead = operation(fixed_schema(route(view(ProtectedView, authentication_classes=[]))))
        assert dead["security"] == []
        assert dead["responses"]["403"]["description"] == "The request is not allowed."

    def test_undecided_says_what_it_said_once(self):
        undecided = route(view(permission_classes=[Raises]))
        settings = {"SECURITY": [JWT, {}]}
        plain, fixed = plain_schema(undecided, **settings), fixed_schema(undecided, **settings)
        assert security(plain) == [JWT, JWT, {}]
        assert security(fixed) == [JWT, {}]
        assert operation(fixed) == operation(plain) | {"security": [JWT, {}]}


class TestRequirements:
    def test_dropped_by_a_forgotten_mark_are_restored(self):
        document = fixed_schema(route(marked([])))
        assert security(document) == [JWT]
        assert document["components"]["securitySchemes"]["jwtAuth"]["scheme"] == "bearer"

    def test_repeated_by_the_security_setting_are_written_once(self):
        assert security(fixed_schema(route(ProtectedView), SECURITY=[JWT])) == [JWT]

    def test_of_schemes_that_no_view_uses_stay(self):
        gateway = [{"gateway": []}]
        assert security(fixed_schema(route(ProtectedView), SECURITY=gateway)) == [JWT, *gateway]

    def test_that_join_a_known_and_an_unknown_scheme_stay(self):
        joined = [{"jwtAuth": [], "gateway": []}]
        assert security(fixed_schema(route(marked(joined)))) == joined

    def test_keep_their_scopes_and_their_order(self):
        scoped = [{"cookieAuth": []}, {"jwtAuth": ["read"]}]
        classes = [JWTAuthentication, SessionAuthentication]
        document = fixed_schema(route(marked(scoped, authentication_classes=classes)))
        assert security(document) == scoped

    def test_of_another_views_authenticator_go(self):
        other = route(view(ProtectedView, authentication_classes=[BasicAuthentication]), "b/")
        wrong = route(marked([{"basicAuth": []}]))
        assert security(fixed_schema(wrong, other)) == [JWT]

    def test_that_are_bare_names_become_objects(self):
        assert security(fixed_schema(route(marked(["jwtAuth"])))) == [JWT]

    @pytest.mark.parametrize("scopes", [None, 3, [None]], ids=repr)
    def test_with_scopes_that_are_none_get_an_empty_list(self, scopes):
        assert security(fixed_schema(route(marked([{"jwtAuth": scopes}])))) == [JWT]

    def test_that_are_null_go(self):
        assert security(fixed_schema(route(marked([None])))) == [JWT]

    def test_of_an_authenticator_that_nothing_describes_are_not_replaced_by_public(self):
        document = fixed_schema(route(view(ProtectedView, authentication_classes=[Unknown])))
        assert "security" not in operation(document)

    def test_of_described_authenticators_stand_beside_one_that_is_not(self):
        both = view(ProtectedView, authentication_classes=[Unknown, JWTAuthentication])
        assert security(fixed_schema(route(both))) == [JWT]

    def test_hidden_by_the_whitelist_stay_hidden_while_another_is_left(self):
        both = view(
            ProtectedView, authentication_classes=[SessionAuthentication, JWTAuthentication]
        )
        allowed = ["rest_framework_simplejwt.authentication.JWTAuthentication"]
        document = fixed_schema(route(both), AUTHENTICATION_WHITELIST=allowed)
        assert security(document) == [JWT]

    def test_hidden_by_an_empty_whitelist_are_restored(self):
        document = fixed_schema(route(ProtectedView), AUTHENTICATION_WHITELIST=[])
        assert security(document) == [JWT]


class TestRootSecurity:
    def root(self, *requirements):
        def change(document):
            document["security"] = list(requirements)

        return change

    def test_does_not_reach_an_open_operation(self):
        assert security(mend_by_hand(self.root(JWT), route(OpenView))) == []

    def test_that_says_the_truth_is_inherited_still(self):
        def change(document):
            document["security"] = [JWT]
            del operation(document)["security"]

        assert "security" not in operation(mend_by_hand(change, route(ProtectedView)))

    def test_that_the_view_does_not_enforce_is_not_inherited(self):
        def change(document):
            document["security"] = [{"gateway": []}]
            del operation(document)["security"]

        assert security(mend_by_hand(change, route(ProtectedView))) == [JWT]

    def test_says_each_requirement_once(self):
        document = mend_by_hand(self.root(JWT, {}, JWT, "jwtAuth", {}), route(ProtectedView))
        assert document["security"] == [JWT, {}]


class TestUndecided:
    """What can be seen without knowing what the view does is fixed all the same."""

    raises = route(view(permission_classes=[Raises]))

    def fixed(self, *requirements):
        def change(document):
            operation(document)["security"] = [*requirements]

        return security(mend_by_hand(change, self.raises))

    def test_a_bare_name_becomes_an_object(self):
        assert self.fixed("jwtAuth", {"gateway": ["read"]}) == [JWT, {"gateway": ["read"]}]

    def test_scopes_that_differ_are_no_repetition(self):
        both = [{"jwtAuth": ["read"]}, {"jwtAuth": ["write"]}]
        assert self.fixed(*both) == both

    def test_what_is_malformed_otherwise_stays(self):
        malformed = [None, None, {"jwtAuth": None}, 5]
        assert self.fixed(*malformed) == malformed

    def test_an_operation_without_a_view_is_mended_too(self):
        def change(document):
            proxied_operation = {"security": [{"gateway": []}, {"gateway": []}]}
            document["paths"]["/proxied/"] = {"get": proxied_operation}

        document = mend_by_hand(change, route(ProtectedView))
        assert security(document, "/proxied/") == [{"gateway": []}]

    def test_two_definitions_under_one_name_are_no_repetition(self):
        class ByKeyword(TokenAuthentication):
            keyword = "Bearer"

        class ByKeywordScheme(OpenApiAuthenticationExtension):
            target_class = ByKeyword
            name = "tokenAuth"

            def get_security_definition(self, auto_schema):
                return {"type": "http", "scheme": "bearer"}

        both = [TokenAuthentication, ByKeyword]
        undecided = route(view(permission_classes=[Raises], authentication_classes=both))
        token = {"tokenAuth": []}
        assert security(fixed_schema(undecided)) == [token, token]


class TestKeys:
    def schemes(self, permission, **attributes):
        document = fixed_schema(route(view(permission_classes=[permission], **attributes)))
        (name,) = security(document)[0]
        return name, document["components"]["securitySchemes"][name]

    def test_of_the_library_are_sent_in_authorization(self):
        name, scheme = self.schemes(HasAPIKey)
        assert (name, scheme["name"], scheme["in"]) == ("apiKey", "Authorization", "header")
        assert '"Api-Key"' in scheme["description"]

    def test_follow_the_setting_of_the_library(self, settings):
        settings.API_KEY_CUSTOM_HEADER = "HTTP_X_API_KEY"
        assert self.schemes(HasAPIKey) == (
            "apiKey",
            {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        )

    def test_follow_a_parser_of_the_projects_own(self):
        assert self.schemes(HasTenantKey)[1]["name"] == "X-Tenant-Key"

    def test_follow_a_keyword_of_the_projects_own(self):
        class Parser(KeyParser):
            keyword = "Bearer"

        class HasBearerKey(BaseHasAPIKey):
            key_parser = Parser()

        assert self.schemes(HasBearerKey) == ("bearerKey", {"type": "http", "scheme": "bearer"})

    def test_fall_back_to_the_librarys_header_if_the_parser_fails(self):
        class HasOddKey(BaseHasAPIKey):
            def get_key(self, request):
                return request.tenant.key

        assert self.schemes(HasOddKey)[1]["name"] == "Authorization"

    def test_of_one_model_are_one_scheme(self):
        class HasKeyOfAReader(HasAPIKey):
            pass

        document = fixed_schema(
            route(view(permission_classes=[HasAPIKey]), "a/"),
            route(view(permission_classes=[HasKeyOfAReader]), "b/"),
        )
        assert security(document, "/b/") == [{"apiKey": []}]
        assert "keyOfAReader" not in document["components"]["securitySchemes"]

    def test_of_two_models_are_two_schemes_of_one_definition(self):
        class HasOrganizationAPIKey(BaseHasAPIKey):
            pass

        document = fixed_schema(
            route(view(permission_classes=[HasAPIKey]), "a/"),
            route(view(permission_classes=[HasOrganizationAPIKey]), "b/"),
        )
        assert security(document, "/a/") == [{"apiKey": []}]
        assert security(document, "/b/") == [{"organizationAPIKey": []}]
        schemes = document["components"]["securitySchemes"]
        assert schemes["organizationAPIKey"] == schemes["apiKey"]


class TestSchemeNames:
    def test_two_definitions_under_one_name_are_told_apart(self):
        both = view(ProtectedView, authentication_classes=[OwnToken, BearerToken])
        alone = view(ProtectedView, authentication_classes=[BearerToken])
        document = fixed_schema(route(both, "both/"), route(alone, "alone/"))
        schemes = document["components"]["securitySchemes"]
        assert {name: scheme["type"] for name, scheme in schemes.items()} == {
            "ownTokenAuth": "apiKey",
            "tokenAuth": "http",
        }
        assert security(document, "/both/") == [{"tokenAuth": []}, {"ownTokenAuth": []}]
        assert security(document, "/alone/") == [{"tokenAuth": []}]

    def test_a_definition_that_the_project_overrides_is_kept(self):
        richer = {"type": "http", "scheme": "bearer", "description": "From the login page"}
        document = fixed_schema(
            route(ProtectedView), APPEND_COMPONENTS={"securitySchemes": {"jwtAuth": richer}}
        )
        assert document["components"]["securitySchemes"] == {"jwtAuth": richer}


class TestUnusedSchemes:
    """A scheme whose last requirement the hook takes away."""

    def schemes(self, *routes, change=None, **patches):
        def spoil(document):
            if change is not None:
                change(document)

        document = mend_by_hand(spoil, *routes, **patches)
        before = as_bytes(document)
        _, generator = make_schema(*routes, **patches)
        with patched_settings(patches):
            postprocess_schema_security(document, generator, request=None, public=True)
        assert as_bytes(document) == before
        return list(document["components"].get("securitySchemes", {}))

    def test_go_with_it(self):
        shut_out = route(view(permission_classes=[~IsAuthenticated]), "out/")
        assert "jwtAuth" in plain_schema(shut_out)["components"]["securitySchemes"]
        assert self.schemes(shut_out) == []
        assert "securitySchemes" not in fixed_schema(shut_out)["components"]

    def test_stay_where_another_operation_needs_them(self):
        shut_out = route(view(permission_classes=[~IsAuthenticated]), "out/")
        assert self.schemes(shut_out, route(ProtectedView)) == ["jwtAuth"]
        undecided = route(view(permission_classes=[Raises]), "raises/")
        assert self.schemes(shut_out, undecided) == ["jwtAuth"]

    @pytest.mark.parametrize(
        "elsewhere",
        [
            {"webhooks": {"sold": {"post": {"security": [JWT], "responses": {}}}}},
            {"x-ways": [{"$ref": "#/components/securitySchemes/jwtAuth"}]},
        ],
        ids=["webhook", "reference"],
    )
    def test_stay_where_something_else_in_the_document_names_them(self, elsewhere):
        shut_out = route(view(permission_classes=[~IsAuthenticated]))
        assert self.schemes(shut_out, change=lambda document: document.update(elsewhere)) == [
            "jwtAuth"
        ]

    def test_stay_if_a_callback_needs_them(self):
        callback = {"sold": {"{$request.body#/url}": {"post": {"security": [JWT]}}}}

        def change(document):
            operation(document)["callbacks"] = callback

        shut_out = route(view(permission_classes=[~IsAuthenticated]))
        assert self.schemes(shut_out, change=change) == ["jwtAuth"]

    def test_stay_if_the_project_appended_them(self):
        for definition in ({"type": "http", "scheme": "bearer"}, None):
            appended = {"securitySchemes": {"jwtAuth": definition or self.own()}}
            shut_out = route(view(permission_classes=[~IsAuthenticated]))
            assert self.schemes(shut_out, APPEND_COMPONENTS=appended) == ["jwtAuth"]

    def own(self):
        return plain_schema(route(ProtectedView))["components"]["securitySchemes"]["jwtAuth"]

    def test_stay_if_another_hook_has_changed_them(self):
        def change(document):
            document["components"]["securitySchemes"]["jwtAuth"]["description"] = "From the login"

        shut_out = route(view(permission_classes=[~IsAuthenticated]))
        assert self.schemes(shut_out, change=change) == ["jwtAuth"]

    def test_stay_if_no_view_has_an_authenticator_for_them(self):
        def change(document):
            gateway = {"type": "http", "scheme": "bearer"}
            document["components"]["securitySchemes"] = {"gateway": gateway}

        assert self.schemes(route(OpenView), change=change, SECURITY=[{"gateway": []}]) == [
            "gateway"
        ]

    def test_stay_if_nothing_required_them_before(self):
        def change(document):
            operation(document)["security"] = []

        shut_out = route(view(permission_classes=[~IsAuthenticated]))
        assert self.schemes(shut_out, change=change) == ["jwtAuth"]

    def test_stay_if_another_definition_claims_their_name(self):
        out = view(permission_classes=[~IsAuthenticated], authentication_classes=[OwnToken])
        bearer = view(ProtectedView, authentication_classes=[BearerToken])
        found = self.schemes(route(out, "a/"), route(bearer, "b/"), route(out, "c/"))
        assert found == ["bearerTokenAuth", "tokenAuth"]


class TestRefusals:
    def refusals(self, view_class):
        responses = operation(fixed_schema(route(view_class)))["responses"]
        return {status: text["description"] for status, text in responses.items() if status > "3"}

    def test_401_is_documented_where_it_is_answered(self):
        text = "The credential is missing or not valid."
        assert self.refusals(ProtectedView) == {"401": text}

    def test_403_is_documented_where_it_is_answered(self):
        session = view(ProtectedView, authentication_classes=[SessionAuthentication])
        assert list(self.refusals(session)) == ["403"]

    def test_an_open_operation_gets_none(self):
        assert self.refusals(OpenView) == {}

    def documented(self, status, view_class):
        def change(document):
            operation(document)["responses"] = {status: {"description": "No."}}

        return operation(mend_by_hand(change, route(view_class)))["responses"]

    @pytest.mark.parametrize("status", ["401", "4XX", "default"])
    def test_a_documented_one_is_left_alone(self, status):
        assert self.documented(status, ProtectedView) == {status: {"description": "No."}}

    @pytest.mark.parametrize("responses", [None, 3], ids=repr)
    def test_it_takes_the_place_of_responses_that_are_none(self, responses):
        def change(document):
            operation(document)["responses"] = responses

        written = operation(mend_by_hand(change, route(ProtectedView)))
        assert written["security"] == [JWT]
        assert list(written["responses"]) == ["401"]

    def test_the_other_one_does_not_stand_for_it(self):
        session = view(ProtectedView, authentication_classes=[SessionAuthentication])
        assert list(self.documented("401", session)) == ["401", "403"]
        assert list(self.documented("403", ProtectedView)) == ["403", "401"]

    def throttled(self, throttle, **attributes):
        return view(OpenView, throttle_classes=[throttle], **attributes)

    def test_429_is_documented_where_a_throttle_may_answer_it(self):
        limited = self.throttled(type("Limited", (AnonRateThrottle,), {"rate": "1/day"}))
        assert list(self.refusals(limited)) == ["429"]
        assert list(self.documented("429", limited)) == ["429"]
        assert list(self.refusals(self.throttled(BaseThrottle))) == ["429"]

    def test_429_is_not_documented_where_no_throttle_can(self):
        unlimited = self.throttled(type("Unlimited", (AnonRateThrottle,), {"rate": None}))
        assert self.refusals(unlimited) == {}
        assert self.refusals(self.throttled(ScopedRateThrottle)) == {}
        assert self.refusals(self.throttled(ScopedRateThrottle, throttle_scope="none")) == {}
        without_a_rate = type("Broken", (AnonRateThrottle,), {"scope": "nowhere"})
        assert self.refusals(self.throttled(without_a_rate)) == {}

    def test_429_is_documented_for_a_scope_with_a_rate(self):
        rated = type("Rated", (ScopedRateThrottle,), {"THROTTLE_RATES": {"login": "1/day"}})
        assert list(self.refusals(self.throttled(rated, throttle_scope="login"))) == ["429"]


class TestOpenOperations:
    """Views that are open while the document demands a credential."""

    def test_are_made_true_by_default(self):
        assert security(fixed_schema(route(view(permission_classes=[])))) == [JWT, {}]

    def test_are_left_to_the_audit_on_demand(self, settings):
        settings.AUTHKIT = {"SCHEMA_OPEN_OPERATIONS": "report"}
        document = fixed_schema(route(view(permission_classes=[])), route(OpenView, "open/"))
        assert security(document) == [JWT]
        assert security(document, "/open/") == []
        marked_open = fixed_schema(route(marked([])))
        assert security(marked_open) == [JWT]


class TestAliases:
    def aliased(self, settings, **aliases):
        settings.AUTHKIT = {"SCHEMA_SCHEME_ALIASES": aliases}
        both = view(ProtectedView, authentication_classes=[JWTAuthentication, BasicAuthentication])
        return fixed_schema(route(both))

    def test_become_one_name_everywhere(self, settings):
        document = self.aliased(settings, basicAuth="jwtAuth")
        assert security(document) == [JWT]
        assert list(document["components"]["securitySchemes"]) == ["jwtAuth"]

    def test_for_names_that_are_not_there_change_nothing(self, settings):
        document = self.aliased(settings, basicAuth="nowhere", other="jwtAuth", jwtAuth="jwtAuth")
        assert security(document) == [JWT, {"basicAuth": []}]


class TestFailures:
    @pytest.fixture(autouse=True)
    def fresh_warnings(self):
        GENERATOR_STATS.reset()
        yield
        GENERATOR_STATS.reset()

    def test_of_one_operation_leave_it_as_it_was_and_fix_the_others(self, monkeypatch, capsys):
        original = AuditedOperation.true_security

        def fail(audited, catalogue):
            if audited.path == "/broken/":
                raise LookupError("nobody knows")
            return original(audited, catalogue)

        monkeypatch.setattr(AuditedOperation, "true_security", fail)
        document = fixed_schema(route(marked([]), "broken/"), route(marked([]), "whole/"))
        assert "security" not in operation(document, "/broken/")
        assert security(document, "/whole/") == [JWT]
        warned = capsys.readouterr().err
        assert warned.count("left the security of GET /broken/ as it was") == 1
        assert "LookupError: nobody knows" in warned

    def test_of_everything_leave_the_document_as_it_was(self, monkeypatch, capsys):
        plain = plain_schema(route(ProtectedView))

        class Broken:
            def __getattr__(self, name):
                raise RuntimeError("no generator")

        document = postprocess_schema_security(copy.deepcopy(plain), Broken(), None, True)
        assert document == plain
        assert "authkit left the security of the schema as it was" in capsys.readouterr().err

    def test_of_an_extension_leave_the_operation_as_it_was(self, monkeypatch):
        registry = list(OpenApiAuthenticationExtension._registry)
        monkeypatch.setattr(OpenApiAuthenticationExtension, "_registry", registry)

        class Fails(OpenApiAuthenticationExtension):
            target_class = Unknown
            name = "unknown"
            broken = False

            def get_security_definition(self, auto_schema):
                if Fails.broken:
                    raise RuntimeError
                return {"type": "http", "scheme": "signature"}

        def change(document):
            Fails.broken = True

        document = mend_by_hand(
            change, route(view(ProtectedView, authentication_classes=[Unknown]))
        )
        assert security(document) == [{"unknown": []}]


urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[])),
    *EVERYTHING[:8],
]


@pytest.mark.urls(__name__)
@OAS_VERSIONS
def test_the_command_of_drf_spectacular_is_content(version, tmp_path):
    GENERATOR_STATS.reset()
    target = tmp_path / "schema.yaml"
    with patched_settings({"OAS_VERSION": version, "POSTPROCESSING_HOOKS": [HOOK]}):
        call_command("spectacular", "--validate", "--file", str(target))
    document = yaml.safe_load(target.read_text())
    assert document["paths"]["/open/"]["get"]["security"] == []


class Asked(BasePermission):
    asked = 0

    def has_permission(self, request, view):
        Asked.asked += 1
        return False


def test_while_requests_are_served_a_permission_of_the_project_is_probed_once(rf):
    routes = [route(view(permission_classes=[Asked]), "own/"), route(marked([]), "marked/")]
    settings = {"SECURITY": [JWT, {}]}

    def serve():
        document, generator = make_schema(*routes, **settings)
        with patched_settings(settings):
            postprocess_schema_security(document, generator, request=rf.get("/"), public=True)
        return document

    Asked.asked = 0
    first, asked = serve(), Asked.asked
    assert asked > 0
    assert serve() == first
    assert Asked.asked == asked
    assert first == fixed_schema(*routes, **settings)
    assert Asked.asked > asked  # a command asks anew


@pytest.mark.django_db  # ATOMIC_REQUESTS opens a transaction around every view
@pytest.mark.urls(__name__)
def test_the_served_document_says_what_the_command_says():
    with patched_settings({"POSTPROCESSING_HOOKS": [HOOK]}):
        served = APIClient().get("/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    assert served["paths"]["/key/"]["get"]["security"] == [{"apiKey": []}]
    assert served["paths"]["/open/"]["get"]["security"] == []


def test_the_command_fails_on_no_warning_of_ours(tmp_path):
    GENERATOR_STATS.reset()
    with patched_settings({"POSTPROCESSING_HOOKS": [HOOK]}):
        call_command(
            "spectacular",
            "--validate",
            "--fail-on-warn",
            urlconf="tests.schema.projects.warning_free_urls",
            file=str(tmp_path / "schema.yaml"),
        )


def test_views_of_a_document_made_for_one_user_are_a_part_of_all_views():
    document, generator = make_schema(route(OpenView, "open/"), route(ProtectedView, "closed/"))
    del document["paths"]["/closed/"]
    postprocess_schema_security(document, generator, request=object(), public=False)
    assert list(document["paths"]) == ["/open/"]
    assert security(document, "/open/") == []


def test_an_empty_document_stays_empty():
    assert fixed_schema()["paths"] == {}


class ColourSerializer(serializers.Serializer):
    colour = serializers.ChoiceField(["red", "green"])


def test_one_hook_alone_does_what_the_default_of_drf_spectacular_and_ours_do():
    routes = [route(view(ProtectedView, serializer_class=ColourSerializer)), route(OpenView, "o/")]
    alone = make_schema(*routes, hooks=["authkit.schema.hooks.postprocess_schema"])[0]
    theirs = "drf_spectacular.hooks.postprocess_schema_enums"
    assert "ColourEnum" in alone["components"]["schemas"]
    assert as_bytes(alone) == as_bytes(make_schema(*routes, hooks=[theirs, HOOK])[0])
