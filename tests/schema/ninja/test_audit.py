"""The documents of Django Ninja in the audit: its rules, the report, the command."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import authkit
import pytest
from authkit.schema import public
from authkit.schema.audit.explain import explain_operation
from authkit.schema.audit.run import audit
from authkit.schema.model.source import SchemaNotMade, Source
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.results.findings import Severity
from django.urls import path
from ninja import NinjaAPI
from ninja.security import APIKeyHeader

from tests.schema.documents import OpenView, view
from tests.schema.ninja.apis import Bearer, audited, new_api, ran


class Guest(APIKeyHeader):
    param_name = "X-Guest"

    def authenticate(self, request, key):
        return "guest"


@dataclass
class Unhashable(Bearer):
    def __post_init__(self):
        super().__init__()


class Wrapping(Bearer):
    func = "no function"


def by_network(request):
    return None


def handler(request):
    ran(request)


def report_of(urlconf, *routes, **options):
    return audit(Source(urlconf=urlconf(*routes)), probe=Probe(Tier.T1), **options)


def found(report):
    return {(one.rule.id, one.place.label) for one in report.findings}


def of_one(urlconf, auth, *, method="get", served=handler, api=None, **options):
    """Return the findings about one operation, ``/api/thing``."""
    api = api or new_api()
    getattr(api, method)("/thing", auth=auth, **options)(served)
    return found(report_of(urlconf, path("api/", api.urls)))


DOCUMENTED = {200: None, 401: dict}


class TestRules:
    def test_a_true_operation_is_left_alone(self, urlconf):
        assert of_one(urlconf, Bearer(), response=DOCUMENTED) == set()

    def test_an_undocumented_refusal_is_found(self, urlconf):
        assert of_one(urlconf, Bearer()) == {("AK401", "GET /api/thing")}

    def test_declared_secured_and_open(self, urlconf):
        assert of_one(urlconf, Guest(), method="post") >= {
            ("AK301", "POST /api/thing"),
            ("AK308", "POST /api/thing"),
        }

    def test_a_function_is_in_no_document_of_ninja(self, urlconf):
        assert of_one(urlconf, by_network, response=DOCUMENTED) == {
            ("AK201", "the document"),
            ("AK302", "GET /api/thing"),
        }

    def test_a_function_of_several_operations_is_found_once(self, urlconf):
        api = new_api(auth=partial(by_network))
        api.get("/thing", response=DOCUMENTED)(handler)
        api.get("/other", response=DOCUMENTED)(lambda request: ran(request))
        report = report_of(urlconf, path("api/", api.urls))
        (unresolved,) = (one for one in report.findings if one.rule.id == "AK201")
        assert unresolved.message.endswith("which protects GET /api/other and 1 more.")

    @pytest.mark.parametrize("auth", [Unhashable(), Wrapping()], ids=["unhashable", "wrapping"])
    def test_any_object_of_a_documented_class_is_known(self, urlconf, auth):
        assert of_one(urlconf, auth, response=DOCUMENTED) == set()

    def test_the_function_is_named(self, urlconf):
        api = new_api(auth=by_network)
        api.get("/thing")(handler)
        report = report_of(urlconf, path("api/", api.urls))
        (unresolved,) = (one for one in report.findings if one.rule.id == "AK201")
        assert unresolved.subject == f"{__name__}.by_network"
        (lie,) = (one for one in report.findings if one.rule.id == "AK302")
        assert lie.place.view == f"{__name__}.handler"

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_open_on_purpose_is_written_at_the_operation(self, urlconf, method):
        assert of_one(urlconf, None, method=method) == set()

    def test_open_by_default_is_reported(self, urlconf):
        api = new_api()
        api.post("/thing")(handler)
        found_ones = found(report_of(urlconf, path("api/", api.urls)))
        assert found_ones == {("AK308", "POST /api/thing")}

    def test_the_mark_gives_a_reason(self, urlconf):
        @public(reason="Shops without an account send orders here.")
        def open_on_purpose(request):
            ran(request)

        api = new_api()
        api.post("/thing")(open_on_purpose)
        assert found(report_of(urlconf, path("api/", api.urls))) == set()

    def test_two_authenticators_with_one_definition_are_two(self, urlconf):
        class Other(Bearer):
            pass

        api = new_api()
        api.get("/thing", auth=Bearer(), response=DOCUMENTED)(handler)
        api.get("/other", auth=Other(), response=DOCUMENTED)(lambda request: ran(request))
        errors = {
            one.rule.id
            for one in report_of(urlconf, path("api/", api.urls)).findings
            if one.severity is not Severity.NOTE
        }
        assert errors == set()

    def test_two_authenticators_under_one_name(self, urlconf):
        other = type("Bearer", (Guest,), {})
        api = new_api()
        api.get("/thing", auth=Bearer(), response=DOCUMENTED)(handler)
        api.get("/other", auth=other(), response=DOCUMENTED)(lambda request: ran(request))
        report = report_of(urlconf, path("api/", api.urls))
        assert ("AK206", "the document") in found(report)

    def test_an_undefined_scheme_is_found(self, urlconf):
        extra = {"security": [{"gone": []}]}
        assert ("AK101", "GET /api/thing") in of_one(urlconf, None, openapi_extra=extra)


class OwnDocument(NinjaAPI):
    """Changes its document as a project may."""

    change = staticmethod(lambda document: document)

    def get_openapi_schema(self, **options):
        return self.change(super().get_openapi_schema(**options))


def own_api(change):
    api = OwnDocument(urls_namespace=f"own {change.__qualname__}")
    api.change = change
    return api


class TestTheDocumentOfTheProject:
    def test_is_the_one_that_is_judged(self, urlconf):
        def opened(document):
            del document["paths"]["/api/thing"]["get"]["security"]
            return document

        assert ("AK302", "GET /api/thing") in of_one(urlconf, Bearer(), api=own_api(opened))

    def test_what_is_in_no_operation_is_unmapped(self, urlconf):
        def extended(document):
            document["paths"]["/gone"] = {"get": {"responses": {}}}
            return copy.deepcopy(document)

        api = own_api(extended)
        api.get("/thing", auth=Bearer())(handler)
        one, other = audited(urlconf, api).values()
        assert (one.decision, other.decision) == (None, None)
        assert one.place.view == ""
        report = report_of(urlconf, path("api/", api.urls))
        assert "none could be decided" in report.failure

    def test_operations_left_out_are_left_alone(self, urlconf):
        api = new_api()
        api.post("/hidden", include_in_schema=False)(handler)
        api.get("/thing", auth=None)(lambda request: ran(request))
        assert found(report_of(urlconf, path("api/", api.urls))) == set()

    def test_a_failure_is_told_with_its_cause(self, urlconf):
        def failing(document):
            raise ValueError("no document today")

        api = own_api(failing)
        routes = [path("open/", OpenView.as_view()), path("api/", api.urls)]
        said = "Django Ninja could not make it: ValueError: no document today"
        with pytest.raises(SchemaNotMade, match=said):
            report_of(urlconf, *routes)


class TestBesideRestFramework:
    @pytest.fixture
    def routes(self):
        api, other = new_api(), new_api()
        api.post("/thing", auth=Guest())(handler)
        other.post("/thing", auth=Bearer())(lambda request: ran(request))
        rest = path("rest/", view(OpenView).as_view())
        return rest, path("api/", api.urls), path("nested/", path_to(other))

    def test_all_documents_are_in_one_report(self, urlconf, routes):
        report = report_of(urlconf, *routes)
        assert [(one.place.label, one.state.value) for one in report.operations] == [
            ("GET /rest/", "public"),
            ("POST /api/thing", "optional"),
            ("POST /nested/deep/thing", "secured"),
        ]

    def test_what_is_said_of_the_project_is_said_once(self, urlconf, routes, settings):
        settings.SPECTACULAR_SETTINGS = {**settings.SPECTACULAR_SETTINGS, "NO_SUCH_KEY": 1}
        report = report_of(urlconf, *routes)
        assert [one.rule.id for one in report.findings].count("AK501") == 1
        assert list(report.findings) == sorted(report.findings, key=lambda one: one.order)

    def test_no_code_for_views_is_suggested_for_operations(self, urlconf, routes):
        report = report_of(urlconf, *routes)
        assert not any(one.suggestion for one in report.findings if "api" in one.place.path)

    def test_a_file_is_one_document_and_not_theirs(self, urlconf, routes, tmp_path):
        file = tmp_path / "schema.json"
        file.write_text(json.dumps({"openapi": "3.0.3", "paths": {"/rest/": {"get": {}}}}))
        source = Source(urlconf=urlconf(*routes), file=str(file))
        report = audit(source, probe=Probe(Tier.T1))
        assert [one.place.label for one in report.operations] == ["GET /rest/"]

    def test_the_same_project_gives_the_same_report(self, urlconf, routes):
        name = urlconf(*routes)
        one, other = (audit(Source(urlconf=name), probe=Probe(Tier.T1)) for _ in range(2))
        assert (one.findings, one.operations) == (other.findings, other.operations)


class TestExplain:
    def test_an_operation_of_ninja(self, urlconf):
        api = new_api()
        api.get("/thing", auth=[Bearer(), by_network])(handler)
        source = Source(urlconf=urlconf(path("api/", api.urls)))
        text = explain_operation(source, "GET", "/api/thing", Probe(Tier.T1))
        assert [" ".join(line.split()) for line in text.splitlines()] == [
            "GET /api/thing",
            'documented secured: [{"Bearer": []}]',
            f"view {__name__}.handler",
            "decided secured (tier T1); anonymous callers are answered 401",
            "accepted Bearer",
            "authenticators tests.schema.ninja.apis.Bearer (Bearer)",
            f"{__name__}.by_network (nothing describes it)",
        ]

    def test_an_operation_that_no_view_serves(self, urlconf):
        def extended(document):
            document["paths"]["/gone"] = {"get": {"responses": {}}}
            return document

        source = Source(urlconf=urlconf(path("api/", own_api(extended).urls)))
        text = explain_operation(source, "GET", "/gone", Probe(Tier.T1))
        assert text.endswith("none: no view of the project serves it\n")


def path_to(api):
    return [path("deep/", api.urls)], None, None


SETTINGS = """
SECRET_KEY = "only-for-this-test"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
ROOT_URLCONF = "shop_urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
URLS = """
from django.urls import path
from ninja import NinjaAPI
from ninja.security import HttpBearer


class Token(HttpBearer):
    def __call__(self, request):
        return "anyone"

    def authenticate(self, request, token):
        raise AssertionError


api = NinjaAPI(auth=Token())


@api.delete("/orders/{int:number}")
def cancel(request, number: int):
    raise AssertionError("no handler is run")


urlpatterns = [path("api/", api.urls)]
"""


def test_a_project_without_rest_framework_is_audited(tmp_path):
    (tmp_path / "shop_settings.py").write_text(SETTINGS)
    (tmp_path / "shop_urls.py").write_text(URLS)
    root = Path(authkit.__file__).parents[1]
    ended = subprocess.run(
        [sys.executable, "-m", "authkit.schema", "--format", "json"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": f"{root}{os.pathsep}{tmp_path}",
            "DJANGO_SETTINGS_MODULE": "shop_settings",
        },
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1, ended.stderr
    (lie,) = (one for one in json.loads(ended.stdout)["findings"] if one["rule"] == "AK301")
    assert (lie["method"], lie["path"]) == ("delete", "/api/orders/{number}")
    assert (lie["file"], lie["line"]) == ("shop_urls.py", 19)
