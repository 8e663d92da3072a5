"""Our part of a project's OpenAPI document: it takes no name that the project may use."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import authkit
import pytest
from authkit.core.http import tags
from authkit.core.http.body.serializers import AuthkitSerializer
from authkit.sessions.serializers import SessionSerializer, TokenPairSerializer
from django.urls import include, path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

#: With it, every endpoint is there.
EVERYTHING = {"REGISTRATION": True, "EMAIL_VERIFICATION_URL": "https://app.example/#{token}"}

OURS = path("api/v1/auth/", include("authkit.urls"))


def document(*patterns):
    """Return the document, which has to be made without a warning."""
    GENERATOR_STATS.reset()
    made = SchemaGenerator(patterns=list(patterns)).get_schema(request=None, public=True)
    warnings = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    assert warnings == []
    return made


def operation_ids(made, under="/"):
    return [
        operation["operationId"]
        for route, item in made["paths"].items()
        if route.startswith(under)
        for operation in item.values()
    ]


def test_operations_are_grouped_by_job(settings):
    settings.AUTHKIT = EVERYTHING
    paths = document(OURS)["paths"]
    groups = {}
    for route, item in paths.items():
        for operation in item.values():
            [tag] = operation["tags"]
            groups.setdefault(tag, set()).add(route.removeprefix("/api/v1/auth/"))
    assert set(groups) == {value for name, value in vars(tags).items() if name.isupper()}
    assert "token/" in groups["auth: tokens"]
    for tag, start in (
        (tags.SECOND_FACTOR, "2fa/"),
        (tags.SESSIONS, "sessions/"),
        (tags.API_KEYS, "api-keys/"),
        (tags.PASSWORD, "password/"),
    ):
        assert [route for route in groups[tag] if not route.startswith(start)] == []
        elsewhere = set().union(*(routes for other, routes in groups.items() if other != tag))
        assert [route for route in elsewhere if route.startswith(start)] == []


def bodies(made):
    """Yield where a body stands in the document, its schema and its examples."""
    for route, item in made["paths"].items():
        for method, operation in item.items():
            parts = {"body": operation.get("requestBody", {}), **operation["responses"]}
            for part, described in parts.items():
                for content in described.get("content", {}).values():
                    examples = [one["value"] for one in content.get("examples", {}).values()]
                    yield (method, route, part), content["schema"], examples


def nulls_allowed(schema):
    """Return a schema of OpenAPI 3.0 as JSON Schema has it."""
    if isinstance(schema, list):
        return [nulls_allowed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: nulls_allowed(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


def test_every_body_has_an_example_that_is_as_described(settings):
    settings.AUTHKIT = EVERYTHING
    made = document(OURS)
    components = nulls_allowed(made["components"])
    without = set()
    for where, schema, examples in bodies(made):
        whole = nulls_allowed(schema) | {"components": components}
        validator = Draft202012Validator(whole, format_checker=FormatChecker())
        for example in examples:
            assert [error.message for error in validator.iter_errors(example)] == [], where
        if not examples and schema != {"$ref": "#/components/schemas/AuthkitEmpty"}:
            without.add(where)
    # A project chooses these fields. Without e-mail addresses there is no register/.
    chosen = {
        ("get", "/api/v1/auth/me/", "200"),
        ("patch", "/api/v1/auth/me/", "body"),
        ("patch", "/api/v1/auth/me/", "200"),
        ("post", "/api/v1/auth/register/", "body"),
    }
    assert without == {one for one in chosen if one[1] in made["paths"]}


def test_a_serializer_that_a_project_derives_has_no_example_of_ours():
    class LongerPairSerializer(TokenPairSerializer):
        scope = serializers.CharField(read_only=True)

    made = document(endpoint(LongerPairSerializer))
    found = [examples for _, _, examples in bodies(made)]
    assert found
    assert [examples for examples in found if examples] == []


def endpoint(serializer):
    class HostView(APIView):
        authentication_classes = []
        permission_classes = [AllowAny]
        serializer_class = serializer

        def post(self, request):
            return Response()

    return path(f"host/{serializer.__name__}/", HostView.as_view())


def our_serializers():
    root = Path(authkit.__file__).parent
    for module in root.rglob("serializers.py"):
        name = ".".join(module.relative_to(root).with_suffix("").parts)
        for value in vars(import_module(f"authkit.{name}")).values():
            if isinstance(value, type) and issubclass(value, serializers.BaseSerializer):
                yield value


def test_every_component_and_operation_of_ours_is_prefixed(settings):
    settings.AUTHKIT = EVERYTHING
    made = document(OURS)
    components = set(made["components"]["schemas"])
    assert len(components) > 30
    assert {name for name in components if "Authkit" not in name} == set()
    ids = operation_ids(made)
    assert len(ids) >= 28
    assert [one for one in ids if not one.startswith("authkit_")] == []


def test_serializers_of_a_project_that_are_named_like_ours_keep_their_shape(settings):
    settings.AUTHKIT = EVERYTHING
    names = {
        each.__name__
        for each in our_serializers()
        if each.__module__.startswith("authkit.") and each is not AuthkitSerializer
    }
    assert {"SessionSerializer", "ProfileSerializer", "TokenPairSerializer"} <= names
    theirs = [
        type(name, (serializers.Serializer,), {"of_the_host": serializers.CharField()})
        for name in sorted(names)
    ]
    alone = document(OURS)["components"]["schemas"]
    together = document(OURS, *map(endpoint, theirs))["components"]["schemas"]
    assert {name: together[name] for name in alone} == alone
    for each in theirs:
        component = each.__name__.removesuffix("Serializer")
        assert list(together[component]["properties"]) == ["of_the_host"]


def test_enums_of_a_project_keep_their_names(settings):
    class ChoiceSerializer(serializers.Serializer):
        methods = serializers.ChoiceField(["car", "train"])
        token_type = serializers.ChoiceField(["coin", "card"])

    hook = "drf_spectacular.hooks.postprocess_schema_enums"
    settings.SPECTACULAR_SETTINGS = {
        **settings.SPECTACULAR_SETTINGS,
        "POSTPROCESSING_HOOKS": [hook],
    }
    schemas = document(OURS, endpoint(ChoiceSerializer))["components"]["schemas"]
    assert schemas["MethodsEnum"]["enum"] == ["car", "train"]
    assert schemas["TokenTypeEnum"]["enum"] == ["coin", "card"]
    assert schemas["AuthkitMethod"]["enum"] == ["totp", "recovery_code"]
    assert schemas["AuthkitTokenType"]["enum"] == ["Bearer", "ApiKey"]


class ExtendedSessionSerializer(SessionSerializer):
    note = serializers.CharField()


class ProfileSerializer(SessionSerializer):
    note = serializers.CharField()

    class Meta(SessionSerializer.Meta):
        fields = [*SessionSerializer.Meta.fields, "note"]


def test_a_serializer_that_a_project_derives_is_named_after_its_class():
    schemas = document(OURS, endpoint(ProfileSerializer))["components"]["schemas"]
    assert "note" in schemas["Profile"]["properties"]
    assert "note" not in schemas["AuthkitSession"]["properties"]
    assert "note" not in schemas["AuthkitProfile"]["properties"]


class RenamedSerializer(SessionSerializer):
    class Meta(SessionSerializer.Meta):
        ref_name = "Device"


def test_a_name_that_a_project_chooses_is_used():
    assert "Device" in document(endpoint(RenamedSerializer))["components"]["schemas"]


@pytest.mark.parametrize("second", ["auth/", "api/v2/auth/", "api/v1/", "zz/<str:tenant>/auth/"])
def test_routes_that_are_included_twice_are_not_numbered(second):
    once = document(OURS)
    made = document(OURS, path(second, include("authkit.urls")))
    ids = operation_ids(made)
    assert len(ids) == 2 * len(operation_ids(once))
    assert len(set(ids)) == len(ids)
    assert [one for one in ids if not one.startswith("authkit_")] == []
    assert [one for one in ids if re.search(r"_\d+$", one)] == []
    # Every document gives the same, also the second of one process.
    assert operation_ids(document(OURS, path(second, include("authkit.urls")))) == ids


def test_the_first_of_two_includes_keeps_its_ids():
    once = operation_ids(document(OURS))
    made = document(OURS, path("auth/", include("authkit.urls")))
    assert operation_ids(made, under="/api/v1/auth/") == once
    assert "authkit_delete_auth_sessions_session_id" in operation_ids(made, under="/auth/")
