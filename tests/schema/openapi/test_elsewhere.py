"""What requires a credential and is no operation of a path: webhooks, callbacks, components."""

from __future__ import annotations

import copy

import pytest
from authkit.schema.hooks import postprocess_schema_security
from authkit.schema.model.audited_schema import Place
from authkit.schema.openapi.committed import read_committed
from authkit.schema.openapi.document import mentions_scheme, schemes_in
from authkit.schema.openapi.elsewhere import holders_elsewhere, required_schemes
from authkit.schema.results.locations import InFile
from authkit.schema.rules.duplicate_requirement import RULE as AK103
from authkit.schema.rules.malformed_requirement import RULE as AK105
from authkit.schema.rules.undefined_scheme import RULE as AK101
from authkit.schema.rules.unused_scheme import RULE as AK102
from drf_spectacular.utils import OpenApiCallback, OpenApiWebhook, extend_schema
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    OpenView,
    ProtectedView,
    as_bytes,
    audited_schema,
    found,
    make_schema,
    operation,
    plain_schema,
    route,
    subjects,
    view,
)
from tests.schema.reporters.reports import finding

URL = "{$request.body#/url}"
OF_THE_CLIENT = {"signature": []}
SIGNATURE = {"type": "apiKey", "in": "header", "name": "X-Signature"}
SIGNED = {"post": {"security": [OF_THE_CLIENT], "responses": {"200": {"description": "Taken."}}}}

WITH_AND_WITHOUT_HOOK = pytest.mark.parametrize("hooks", [[], [HOOK]], ids=["plain", "hook"])


def in_a_callback(document, item):
    operation(document)["callbacks"] = {"paid": {URL: item}}


def in_a_callback_of_a_callback(document, item):
    outer = {"post": {"callbacks": {"later": {URL: item}}}}
    operation(document)["callbacks"] = {"paid": {URL: outer}}


def in_a_webhook(document, item):
    document["webhooks"] = {"paid": item}


def among_the_path_items(document, item):
    document["components"]["pathItems"] = {"Paid": item}
    document["webhooks"] = {"paid": {"$ref": "#/components/pathItems/Paid"}}


def among_the_callbacks(document, item):
    document["components"]["callbacks"] = {"Paid": {URL: item}}
    operation(document)["callbacks"] = {"paid": {"$ref": "#/components/callbacks/Paid"}}


def in_another_method(document, item):
    document["paths"]["/thing/"]["additionalOperations"] = {"POST": item["post"]}


def on_the_path(document, item):
    document["paths"]["/thing/"]["security"] = item["post"]["security"]


PLACES = {
    in_a_callback: "POST /thing/ callbacks/paid/{$request.body#/url}",
    in_a_callback_of_a_callback: (
        "POST /thing/ callbacks/paid/{$request.body#/url} callbacks/later/{$request.body#/url}"
    ),
    in_a_webhook: "POST webhooks/paid",
    among_the_path_items: "POST components/pathItems/Paid",
    among_the_callbacks: "POST components/callbacks/Paid/{$request.body#/url}",
    in_another_method: "POST /thing/",
    on_the_path: "/thing/",
}
every_place = pytest.mark.parametrize("put", PLACES, ids=lambda put: put.__name__)


def with_item(put, item=SIGNED, defined=True):
    def change(document):
        put(document, copy.deepcopy(item))
        if defined:
            document["components"].setdefault("securitySchemes", {})["signature"] = SIGNATURE

    return change


@every_place
@OAS_VERSIONS
@WITH_AND_WITHOUT_HOOK
def test_a_scheme_that_is_not_defined_is_found_where_it_is_required(put, version, hooks):
    options = {"change": with_item(put, defined=False), "hooks": hooks, "OAS_VERSION": version}
    assert found(AK101, route(ProtectedView), **options) == [PLACES[put]]
    assert subjects(AK101, route(ProtectedView), **options) == ["signature"]


@every_place
@OAS_VERSIONS
@WITH_AND_WITHOUT_HOOK
def test_a_scheme_that_is_required_there_is_not_unused(put, version, hooks):
    options = {"change": with_item(put), "hooks": hooks, "OAS_VERSION": version}
    assert found(AK101, route(ProtectedView), **options) == []
    assert subjects(AK102, route(ProtectedView), **options) == []


@every_place
@OAS_VERSIONS
def test_the_hook_leaves_it_alone_and_what_it_names(put, version, settings):
    """The alias would rename a scheme of the project's own operations."""
    settings.AUTHKIT = {"SCHEMA_SCHEME_ALIASES": {"signature": "jwtAuth"}}
    document, generator = make_schema(
        route(view(permission_classes=[])), route(OpenView, "open/"), OAS_VERSION=version
    )
    with_item(put)(document)
    before = copy.deepcopy(written_elsewhere(document))
    postprocess_schema_security(document, generator, request=None, public=True)
    assert written_elsewhere(document) == before
    assert operation(document)["security"] == [{"jwtAuth": []}, {}]
    assert document["components"]["securitySchemes"]["signature"] == SIGNATURE
    once = as_bytes(document)
    postprocess_schema_security(document, generator, request=None, public=True)
    assert as_bytes(document) == once


def written_elsewhere(document):
    """Return all that is written there; of a path, the security, as its operations are mended."""
    return [
        (where, method, holder if method else holder["security"])
        for where, method, holder in holders_elsewhere(document)
    ]


SOLD = OpenApiWebhook("sold", copy.deepcopy(SIGNED))


class Paying(ProtectedView):
    @extend_schema(callbacks=[OpenApiCallback("paid", URL, SIGNED)])
    def get(self, request): ...


@OAS_VERSIONS
@WITH_AND_WITHOUT_HOOK
def test_what_drf_spectacular_writes_there_is_read(version, hooks):
    options = {
        "hooks": hooks,
        "OAS_VERSION": version,
        "WEBHOOKS": [f"{__name__}.SOLD"],
    }
    places = [PLACES[in_a_callback], "POST webhooks/sold"]
    assert found(AK101, route(Paying), **options) == places
    defined = {"APPEND_COMPONENTS": {"securitySchemes": {"signature": SIGNATURE}}}
    assert found(AK101, route(Paying), **options, **defined) == []
    assert subjects(AK102, route(Paying), **options, **defined) == []
    plain, fixed = (
        dict(plain_schema(route(Paying), **options | {"hooks": hooks}, **defined))
        for hooks in ([], [HOOK])
    )
    assert written_elsewhere(plain) == written_elsewhere(fixed)


def test_an_alias_that_nothing_else_names_is_given_up(settings):
    settings.AUTHKIT = {"SCHEMA_SCHEME_ALIASES": {"signature": "jwtAuth"}}
    document, generator = make_schema(route(ProtectedView))
    document["components"]["securitySchemes"]["signature"] = SIGNATURE
    postprocess_schema_security(document, generator, request=None, public=True)
    assert [*document["components"]["securitySchemes"]] == ["jwtAuth"]


@every_place
@pytest.mark.parametrize(
    ("security", "rule"), [([OF_THE_CLIENT, OF_THE_CLIENT], AK103), ([None], AK105)]
)
def test_other_rules_about_requirements_look_there_too(put, security, rule):
    item = {"post": {"security": security}}
    assert found(rule, route(ProtectedView), change=with_item(put, item)) == [PLACES[put]]


def test_no_setting_is_named_as_the_cause_of_what_it_does_not_add():
    item = {"post": {"security": [OF_THE_CLIENT, OF_THE_CLIENT]}}
    suggestions = audited_schema(
        route(OpenView),
        look=lambda schema: [one.suggestion for one in AK103.look(schema)],
        change=with_item(in_a_webhook, item),
        SECURITY=[OF_THE_CLIENT],
    )
    assert suggestions == [""]


def test_what_is_no_object_holds_nothing():
    odd = {
        "paths": {"/a": None, "/b": {"get": {"callbacks": [1]}, "additionalOperations": 3}},
        "webhooks": {"one": "two", "three": {"post": None}},
        "components": {"pathItems": [], "callbacks": {"x": {"y": None}, "z": 1}},
    }
    assert list(holders_elsewhere(odd)) == [("webhooks/three", "post", {})]
    assert required_schemes(odd) == set()


class TestURIs:
    """OpenAPI 3.2 names schemes by name or by URI."""

    OURS, OTHERS = "#/components/securitySchemes/jwtAuth", "https://example.com/auth.yaml#/bearer"

    def requiring(self, name):
        def change(document):
            operation(document)["security"] = [{name: []}]

        return {"change": change, "OAS_VERSION": "3.2.0"}

    def test_a_uri_of_a_scheme_names_it(self):
        assert found(AK101, route(ProtectedView), **self.requiring(self.OURS)) == []
        assert found(AK102, route(ProtectedView), **self.requiring(self.OURS)) == []
        assert mentions_scheme({"security": [{self.OURS: []}]}, "jwtAuth")

    def test_a_uri_of_no_scheme_is_found(self):
        nowhere = self.requiring("#/components/securitySchemes/nowhere")
        assert subjects(AK101, route(ProtectedView), **nowhere) == ["nowhere"]

    def test_another_document_is_not_followed(self):
        options = self.requiring(self.OTHERS)
        assert found(AK101, route(ProtectedView), **options) == []
        assert subjects(AK102, route(ProtectedView), **options) == ["jwtAuth"]

    @pytest.mark.parametrize("version", ["3.0.3", "3.1.1"])
    def test_before_it_is_a_name_like_any_other(self, version):
        options = self.requiring(self.OURS) | {"OAS_VERSION": version}
        assert subjects(AK101, route(ProtectedView), **options) == [self.OURS]

    def test_a_name_with_a_slash_that_is_defined_is_a_name(self):
        document = {"openapi": "3.2.0", "components": {"securitySchemes": {"a/b": {}}}}
        assert schemes_in(document, [{"a/b": []}]) == {"a/b"}


def test_the_method_of_openapi_3_2_is_an_operation():
    document = plain_schema(route(view(authentication_classes=[JWTAuthentication])))
    document["paths"]["/thing/"]["query"] = {"security": [OF_THE_CLIENT]}
    assert "signature" in required_schemes(document)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (Place("/a", "post"), 4),
        (Place("/a callbacks/paid/{$url}", "post"), 3),
        (Place("/a"), 3),
        (Place("webhooks/paid", "post"), 7),
        (Place("webhooks/a/b", "post"), 9),
        (Place("components/pathItems/Paid", "post"), 12),
    ],
    ids=lambda value: getattr(value, "label", None),
)
def test_it_is_found_in_the_file_that_was_audited(place, line, tmp_path):
    file = tmp_path / "openapi.yaml"
    file.write_text(FILE)
    assert InFile(read_committed(str(file)))(finding("AK101", place, "")).line == line


FILE = """\
openapi: 3.1.0
paths:
  /a:
    post: {}
webhooks:
  paid:
    post: {}
  a/b:
    post: {}
components:
  pathItems:
    Paid:
      post: {}
"""
