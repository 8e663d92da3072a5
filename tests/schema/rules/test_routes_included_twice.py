from __future__ import annotations

import pytest
from authkit.schema.rules.operation_id_collision import RULE as AK110
from authkit.schema.rules.routes_included_twice import RULE
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    OpenView,
    ThingSerializer,
    audited_schema,
    found,
    route,
    subjects,
)

WITH_AND_WITHOUT_HOOK = pytest.mark.parametrize("hooks", [[], [HOOK]], ids=["plain", "hook"])


class Orders(ViewSet):
    serializer_class = ThingSerializer

    def list(self, request): ...

    def create(self, request): ...

    def retrieve(self, request, pk): ...


class NamedView(OpenView):
    @extend_schema(operation_id="named")
    def get(self, request): ...


def shop():
    router = SimpleRouter()
    router.register("orders", Orders, basename="order")
    return [*router.urls, route(NamedView, "named/")]


def included(*prefixes):
    routes = shop()
    return [path(prefix, include(routes)) for prefix in prefixes]


PREFIX = {"SCHEMA_PATH_PREFIX": r"/api(/v\d)?"}
TWICE = included("api/", "api/v1/")


@OAS_VERSIONS
@WITH_AND_WITHOUT_HOOK
@pytest.mark.parametrize("camelized", [False, True])
def test_routes_that_are_included_twice_are_found_once(version, hooks, camelized):
    options = PREFIX | {"OAS_VERSION": version, "hooks": hooks, "CAMELIZE_NAMES": camelized}
    assert found(RULE, *TWICE, **options) == ["the document"]
    assert subjects(RULE, *TWICE, **options) == ["/api /api/v1"]
    assert found(AK110, *TWICE, **options) == []


def test_the_finding_says_how_many_and_names_one():
    (offence,) = audited_schema(*TWICE, look=lambda schema: [*RULE.look(schema)], **PREFIX)
    assert offence.message == (
        "The routes below /api are included below /api/v1 as well: 4 of their operations ask for "
        'an operationId that is taken, such as "named_2".'
    )


def test_every_further_inclusion_is_found():
    routes = included("api/", "api/v1/", "api/v2/")
    assert subjects(RULE, *routes, **PREFIX) == ["/api /api/v1", "/api /api/v2"]
    assert found(AK110, *routes, **PREFIX) == []


def test_routes_at_the_root_are_found():
    assert subjects(RULE, *included("", "v1/"), SCHEMA_PATH_PREFIX=r"(/v1)?") == ["/ /v1"]


def test_ids_that_have_the_path_in_them_are_left_alone():
    routes = [path(prefix, include(shop()[:-1])) for prefix in ("api/", "api/v1/")]
    assert found(RULE, *routes, SCHEMA_PATH_PREFIX="/api") == []


def test_an_id_of_the_author_is_said_of_both_and_found():
    (message,) = audited_schema(
        *TWICE, look=lambda schema: [one.message for one in RULE.look(schema)]
    )
    assert "1 of their operations" in message
    assert '"named_2"' in message


def test_two_routes_of_one_view_are_left_to_the_other_rule():
    callback = NamedView.as_view()
    routes = [path("a/", callback), path("b/", callback), path("b/<int:pk>/", callback)]
    assert found(RULE, *routes) == []
    assert found(AK110, *routes) == ["GET /b/", "GET /b/{id}/"]


def test_routes_that_are_made_anew_for_each_inclusion_are_found():
    routes = [path(prefix, include(shop())) for prefix in ("api/", "api/v1/")]
    assert subjects(RULE, *routes, **PREFIX) == ["/api /api/v1"]


def test_another_view_at_the_same_path_below_is_left_to_the_other_rule():
    class Other(NamedView):
        pass

    routes = [path("a/", include([route(NamedView)])), path("b/", include([route(Other)]))]
    assert found(RULE, *routes) == []
    assert found(AK110, *routes) == ["GET /b/thing/"]


def test_routes_that_are_included_once_are_left_alone():
    assert found(RULE, *included("api/"), **PREFIX) == []
