"""The 401 that the hook takes away, and those that it must not."""

from __future__ import annotations

import copy

import pytest
from authkit.schema.hooks import postprocess_schema_security
from authkit.schema.rules.public_documents_401 import RULE as AK403
from drf_spectacular.drainage import GENERATOR_STATS, warn
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.response import Response

from tests.schema.documents import (
    HOOK,
    OpenView,
    ProtectedView,
    as_bytes,
    fixed_schema,
    found,
    make_schema,
    operation,
    plain_schema,
    route,
    view,
)

GATEWAY = {"SECURITY": [{"gateway": []}]}
REFUSED = {"description": "Log in."}


class ByRequirement(AutoSchema):
    """Documents 401 where there is a requirement, as drf-standardized-errors does."""

    def _get_response_bodies(self, direction="response"):
        responses = super()._get_response_bodies(direction)
        if any(self.get_auth()):
            responses["401"] = dict(REFUSED)
        return responses


class Everywhere(AutoSchema):
    def _get_response_bodies(self, direction="response"):
        return super()._get_response_bodies(direction) | {"401": dict(REFUSED)}


class Health(OpenView):
    schema = ByRequirement()


def statuses(document, method="get"):
    return list(operation(document, method=method)["responses"])


def mended_after(change, *routes, **patches):
    """Make a document without the hook, let *change* have it, then run the hook on it."""
    document, generator = make_schema(*routes, **patches)
    change(document)
    with patched_settings(patches):
        return postprocess_schema_security(document, generator, request=None, public=True)


def stays(view_class, **patches):
    """Tell whether a 401 is documented, and the hook leaves every byte of the responses."""
    before = operation(plain_schema(route(view_class), **patches))["responses"]
    after = operation(fixed_schema(route(view_class), **patches))["responses"]
    return "401" in before and as_bytes(before) == as_bytes(after)


def test_a_401_that_only_an_untrue_requirement_justified_is_removed():
    plain, fixed = (make(route(Health), **GATEWAY) for make in (plain_schema, fixed_schema))
    assert statuses(plain) == ["200", "401"]
    assert statuses(fixed) == ["200"]
    del operation(plain)["responses"]["401"]
    operation(plain)["security"] = []
    assert as_bytes(plain) == as_bytes(fixed)


def test_the_rule_finds_it_without_the_hook_and_nothing_with_it():
    assert found(AK403, route(Health), **GATEWAY) == ["GET /thing/"]
    assert found(AK403, route(Health), hooks=[HOOK], **GATEWAY) == []


def test_running_it_twice_gives_the_same_bytes():
    document, generator = make_schema(route(Health), hooks=[HOOK], **GATEWAY)
    before = as_bytes(document)
    with patched_settings(GATEWAY):
        postprocess_schema_security(document, generator, request=None, public=True)
    assert as_bytes(document) == before


def test_no_warning_is_told_a_second_time(capsys):
    class Warns(ByRequirement):
        def get_tags(self):
            GENERATOR_STATS.reset()  # which would remember it
            warn("these are odd tags")
            return super().get_tags()

    assert statuses(fixed_schema(route(view(OpenView, schema=Warns())), **GATEWAY)) == ["200"]
    GENERATOR_STATS.reset()
    assert capsys.readouterr().err.count("these are odd tags") == 1


class TestA401Stays:
    def test_that_the_view_documents_by_itself(self):
        class Documented(Health):
            @extend_schema(responses={200: None, 401: OpenApiResponse(description="Log in.")})
            def get(self, request):
                return Response(status=401)

        assert stays(Documented, **GATEWAY)

    def test_that_is_written_with_requirements_and_without(self):
        assert stays(view(OpenView, schema=Everywhere()), **GATEWAY)
        assert stays(view(OpenView, schema=Everywhere()))

    def test_that_another_hook_wrote(self):
        def write(document):
            operation(document)["responses"]["401"] = REFUSED

        assert statuses(mended_after(write, route(OpenView), **GATEWAY)) == ["200", "401"]

    def test_that_another_hook_changed(self):
        def change(document):
            operation(document)["responses"]["401"]["description"] = "The voucher is used up."

        assert statuses(mended_after(change, route(Health), **GATEWAY)) == ["200", "401"]

    def test_that_was_typed_with_the_whole_operation(self):
        by_hand = {"operationId": "health", "responses": {"200": REFUSED, "401": REFUSED}}

        class Typed(Health):
            @extend_schema(operation=by_hand)
            def get(self, request): ...

        before = copy.deepcopy(by_hand)
        assert stays(Typed, **GATEWAY)
        assert by_hand == before

    def test_of_a_login(self):
        class Login(Health):
            http_method_names = ["post"]

            def post(self, request): ...

        assert statuses(fixed_schema(route(Login), **GATEWAY), "post") == ["200", "401"]

    def test_of_a_protected_view(self):
        assert stays(view(ProtectedView, schema=ByRequirement()))

    def test_of_a_view_that_refuses_every_caller(self):
        dead = view(ProtectedView, authentication_classes=[], schema=ByRequirement())
        assert statuses(fixed_schema(route(dead), **GATEWAY)) == ["200", "401", "403"]

    def test_of_a_view_about_which_nothing_is_known(self):
        class Raises(BasePermission):
            def has_permission(self, request, view):
                raise ValueError

        assert stays(view(Health, permission_classes=[Raises]), **GATEWAY)

    def test_of_an_open_operation_that_is_left_to_the_audit(self, settings):
        settings.AUTHKIT = {"SCHEMA_OPEN_OPERATIONS": "report"}
        assert stays(view(Health, permission_classes=[]), **GATEWAY)

    def test_that_is_the_only_response(self):
        def remove(document):
            del operation(document)["responses"]["200"]

        assert statuses(mended_after(remove, route(Health), **GATEWAY)) == ["401"]

    def test_of_an_operation_without_a_view(self):
        appended = {
            "/old/": {"get": {"operationId": "old", "responses": {"200": REFUSED, "401": REFUSED}}}
        }
        document = fixed_schema(route(Health), APPEND_PATHS=appended, **GATEWAY)
        assert list(operation(document, "/old/")["responses"]) == ["200", "401"]

    @pytest.mark.parametrize("error", [LookupError, SystemExit])
    def test_of_an_inspector_that_fails_the_second_time_and_the_security_is_mended(self, error):
        class Once(ByRequirement):
            broken = False

            def get_tags(self):
                if Once.broken:
                    raise error
                return super().get_tags()

        def spoil(document):
            Once.broken = True

        document = mended_after(spoil, route(view(OpenView, schema=Once())), **GATEWAY)
        assert statuses(document) == ["200", "401"]
        assert operation(document)["security"] == []

    def test_of_an_inspector_that_does_not_write_the_same_twice(self):
        class Counting(ByRequirement):
            written = 0

            def _get_response_bodies(self, direction="response"):
                responses = super()._get_response_bodies(direction)
                Counting.written += 1
                if Counting.written == 1:
                    responses["401"]["description"] = "The first."
                return responses

        document = fixed_schema(route(view(OpenView, schema=Counting())), **GATEWAY)
        assert operation(document)["responses"]["401"] == {"description": "The first."}
        assert Counting.written > 1


def test_the_view_and_the_components_are_as_they_were():
    class Marked(Health):
        marks = []

        def get_serializer_class(self):
            Marked.marks.append(getattr(self, "swagger_fake_view", False))
            return Health.serializer_class

    document, generator = make_schema(route(Marked), **GATEWAY)
    components = as_bytes(document["components"])
    with patched_settings(GATEWAY):
        postprocess_schema_security(document, generator, request=None, public=True)
    assert as_bytes(document["components"]) == components
    assert all(Marked.marks)
