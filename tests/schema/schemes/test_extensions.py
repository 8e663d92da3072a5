"""Authenticators are described, subclasses included, and a project's own extension comes first."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.schema.rules.scheme_name_collision import RULE
from authkit.schema.schemes import extensions
from authkit.schema.schemes import registry as registration
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
)
from rest_framework.permissions import IsAuthenticated
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import (
    JWTAuthentication as SimpleJWTAuthentication,
)

from tests.schema.documents import (
    ProtectedView,
    fixed_schema,
    found,
    operation,
    plain_schema,
    route,
    view,
)


def schemes(*authenticators):
    views = view(ProtectedView, authentication_classes=list(authenticators))
    return plain_schema(route(views)).get("components", {}).get("securitySchemes", {})


BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
KEY = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
OUR_BEARER = BEARER | {"description": extensions.JWTScheme.description}
OUR_KEY = KEY | {"description": extensions.APIKeyScheme.description}


class TestOurAuthenticators:
    def test_have_their_names_and_definitions(self):
        assert schemes(JWTAuthentication) == {"jwtAuth": OUR_BEARER}
        assert schemes(APIKeyAuthentication) == {"apiKeyAuth": OUR_KEY}

    def test_share_them_with_subclasses_that_are_presented_alike(self):
        same = type("OwnJWTAuthentication", (JWTAuthentication,), {})
        assert schemes(same) == {"jwtAuth": OUR_BEARER}

    def test_give_a_name_of_its_own_to_a_subclass_with_another_header(self):
        tenant = type("TenantKeyAuthentication", (APIKeyAuthentication,), {"header": "X-Tenant"})
        assert schemes(APIKeyAuthentication, tenant) == {
            "apiKeyAuth": OUR_KEY,
            "tenantKeyAuth": OUR_KEY | {"name": "X-Tenant"},
        }

    def test_give_a_name_of_its_own_to_a_subclass_with_another_keyword(self):
        legacy = type("LegacyJWTAuthentication", (JWTAuthentication,), {"keyword": "JWT"})
        written = schemes(JWTAuthentication, legacy)
        assert written["jwtAuth"] == OUR_BEARER
        assert written["legacyJWTAuth"]["name"] == "Authorization"
        assert '"JWT"' in written["legacyJWTAuth"]["description"]

    @pytest.mark.parametrize("ours_first", [True, False])
    def test_share_their_name_with_simple_jwt_which_describes_them_in_other_words(self, ours_first):
        both = [JWTAuthentication, SimpleJWTAuthentication][:: 1 if ours_first else -1]
        routes = [
            route(view(ProtectedView, authentication_classes=[one]), f"{number}/")
            for number, one in enumerate(both)
        ]
        GENERATOR_STATS.reset()
        document = fixed_schema(*routes)
        assert not GENERATOR_STATS
        assert list(document["components"]["securitySchemes"]) == ["jwtAuth"]
        for at in ("/0/", "/1/"):
            assert operation(document, at)["security"] == [{"jwtAuth": []}]
        assert found(RULE, *routes) == []

    def test_with_different_keywords_under_one_name_are_two(self):
        kinds = [
            type("TokenAuthentication", (JWTAuthentication,), {"keyword": keyword})
            for keyword in ("JWT", "Token")
        ]
        routes = [
            route(view(ProtectedView, authentication_classes=[one]), f"{one.keyword}/")
            for one in kinds
        ]
        written = fixed_schema(*routes)["components"]["securitySchemes"]
        assert len({one["description"] for one in written.values()}) == 2

    def test_tell_a_subclass_of_the_same_class_name_by_its_package(self):
        body = {"keyword": "JWT", "__module__": "acme.auth"}
        same_name = type("JWTAuthentication", (JWTAuthentication,), body)
        assert list(schemes(JWTAuthentication, same_name)) == ["acmeJwtAuth", "jwtAuth"]


@pytest.mark.parametrize(
    ("parent", "name"),
    [
        (SessionAuthentication, "cookieAuth"),
        (BasicAuthentication, "basicAuth"),
        (SimpleJWTAuthentication, "jwtAuth"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
class TestSubclasses:
    def test_are_described_as_their_parent_is(self, parent, name):
        child = type("Child", (parent,), {})
        assert schemes(type("Grandchild", (child,), {})) == schemes(parent)
        assert list(schemes(child)) == [name]

    def test_beside_their_parent_give_no_warning(self, parent, name):
        GENERATOR_STATS.reset()
        schemes(parent, type("Child", (parent,), {}))
        schemes(type("Child", (parent,), {}), parent)
        assert not GENERATOR_STATS

    def test_are_described_by_a_projects_own_extension_if_there_is_one(
        self, parent, name, registry
    ):
        child = type("Child", (parent,), {})

        class Own(OpenApiAuthenticationExtension):
            target_class = child
            name = "ownAuth"
            priority = -1

            def get_security_definition(self, auto_schema):
                return {"type": "http", "scheme": "own"}

        assert list(schemes(child)) == ["ownAuth"]
        # The nearest described ancestor speaks for those below it.
        assert list(schemes(type("Grandchild", (child,), {}))) == ["ownAuth"]


def test_our_own_authenticators_may_be_described_by_the_project_too(registry):
    class Own(OpenApiAuthenticationExtension):
        target_class = JWTAuthentication
        name = "ownAuth"

        def get_security_definition(self, auto_schema):
            return BEARER

    assert list(schemes(JWTAuthentication)) == ["ownAuth"]


def test_a_group_of_headers_is_described_together(registry):
    class Pair(BaseAuthentication):
        def authenticate(self, request): ...

    class PairScheme(OpenApiAuthenticationExtension):
        target_class = Pair
        name = ["clientId", "clientSecret"]

        def get_security_definition(self, auto_schema):
            headers = ("X-Client-Id", "X-Client-Secret")
            return [{"type": "apiKey", "in": "header", "name": header} for header in headers]

    pair = view(authentication_classes=[Pair], permission_classes=[IsAuthenticated | HasAPIKey])
    document = fixed_schema(route(pair))
    together = {"clientId": [], "clientSecret": []}
    assert operation(document)["security"] == [together, {"apiKey": []}]
    assert list(document["components"]["securitySchemes"]) == ["apiKey", *together]


def test_an_authenticator_without_a_described_ancestor_stays_undescribed(capsys):
    class Unknown(BaseAuthentication):
        pass

    assert schemes(Unknown) == {}


def test_a_scheme_must_say_how_it_is_defined():
    class Nothing(extensions.AuthkitScheme):
        target_class = JWTAuthentication

    extensions.UnregisteredExtension._registry.remove(Nothing)
    with pytest.raises(NotImplementedError):
        Nothing(JWTAuthentication)


SETUP = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from authkit.schema.schemes.registry import register_extensions
"""


def in_a_fresh_process(code):
    """Run *code* after Django's setup and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", SETUP + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


class TestRegistration:
    @pytest.mark.slow
    def test_imports_nothing_until_drf_spectacular_is_imported(self):
        shown = in_a_fresh_process(
            """
names = ("drf_spectacular.extensions", "authkit.schema.schemes.extensions")
register_extensions()
register_extensions()
print(*(name in sys.modules for name in names))
import drf_spectacular.generators
print(*(name in sys.modules for name in names))
"""
        )
        assert shown == ["False", "False", "True", "True"]

    def test_is_in_time_for_the_first_document_of_a_process(self):
        shown = in_a_fresh_process(
            """
register_extensions()
from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from tests.schema.projects.warning_free_urls import urlpatterns
schema = SchemaGenerator(patterns=urlpatterns).get_schema(public=True)
print(*sorted(schema["components"]["securitySchemes"]), bool(GENERATOR_STATS))
"""
        )
        assert shown == [
            *("apiKeyAuth", "basicAuth", "cookieAuth", "jwtAuth", "tenantKeyAuth"),
            "False",
        ]

    def test_happens_at_once_if_drf_spectacular_is_there_already(self):
        shown = in_a_fresh_process(
            """
import drf_spectacular.extensions
register_extensions()
print("authkit.schema.schemes.extensions" in sys.modules)
"""
        )
        assert shown == ["True"]

    def test_waits_once_however_often_it_is_called(self, monkeypatch):
        monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
        monkeypatch.delitem(sys.modules, registration.AWAITED)
        before = len(sys.meta_path)
        registration.register_extensions()
        registration.register_extensions()
        assert len(sys.meta_path) == before + 1

    def test_lets_other_imports_pass(self):
        assert registration.ExtensionsFinder().find_spec("json", None) is None

    def test_finds_nothing_where_nothing_is_installed(self, monkeypatch):
        finder = registration.ExtensionsFinder()
        monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
        monkeypatch.setattr(registration, "find_spec", lambda name: None)
        assert finder.find_spec(registration.AWAITED, None) is None

    def test_is_repeated_without_harm(self, monkeypatch):
        before = list(OpenApiAuthenticationExtension._registry)
        registration.register_extensions()
        assert before == OpenApiAuthenticationExtension._registry
        assert extensions.JWTScheme in before

    def test_lets_our_extensions_follow_the_awaited_module(self, monkeypatch):
        finder = registration.ExtensionsFinder()
        monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
        monkeypatch.delitem(sys.modules, registration.AWAITED)
        imported = []

        def import_module(name):
            imported.append(name)
            return SimpleNamespace(register=lambda: imported.append("registered"))

        monkeypatch.setattr(registration, "import_module", import_module)
        spec = finder.find_spec(registration.AWAITED, None)
        assert spec.loader.create_module(spec) is None
        assert finder not in sys.meta_path

        class Module:
            __spec__ = spec

        monkeypatch.setattr(spec.loader.loader, "exec_module", imported.append)
        spec.loader.exec_module(Module)
        assert imported == [Module, registration.OURS, "registered"]
