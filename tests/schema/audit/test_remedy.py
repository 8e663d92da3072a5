"""What the report says ends most of the findings, held against what it ends."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace

import pytest
from authkit.schema.audit.remedy import remedy
from authkit.schema.audit.run import apply_rules, audit
from authkit.schema.hooks import fix_document
from authkit.schema.model.source import Source
from authkit.schema.probe.tiers import Probe, Tier
from drf_spectacular.settings import SPECTACULAR_DEFAULTS, patched_settings
from rest_framework_api_key.permissions import HasAPIKey

from tests.schema.documents import (
    HOOK,
    OpenView,
    ProtectedView,
    audited_schema,
    plain_schema,
    route,
    view,
)
from tests.schema.projects.mixed import MIXED

STOCK = SPECTACULAR_DEFAULTS["POSTPROCESSING_HOOKS"]


def audited(name, hooks=STOCK, file=None):
    with patched_settings({"POSTPROCESSING_HOOKS": list(hooks)}):
        return audit(Source(urlconf=name, file=file), probe=Probe(Tier.T1), hook=fix_document)


def number(text):
    return int(re.search(r"ends ([0-9,]+) of these", text)[1].replace(",", ""))


def test_says_how_many_findings_the_hook_ends_and_it_ends_them(urlconf):
    protected = [route(view(ProtectedView), f"protected/{n}/") for n in range(20)]
    name = urlconf(*MIXED, *protected)
    before, after = audited(name), audited(name, [*STOCK, HOOK])
    assert number(before.remedy) == len(before.findings) - len(after.findings)
    assert number(before.remedy) > len(protected)
    setting = 'SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"]'
    assert before.remedy.endswith(f'{setting} = ["authkit.schema.hooks.postprocess_schema"].')


def test_beside_other_hooks_ours_comes_last(urlconf):
    report = audited(urlconf(*MIXED), hooks=[])
    assert report.remedy.endswith(
        '"authkit.schema.hooks.postprocess_schema_security" comes last in POSTPROCESSING_HOOKS.'
    )


def test_a_project_that_has_the_hook_is_not_told_to_add_it(urlconf, tmp_path):
    document = plain_schema(*MIXED)
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    assert "hook" not in audited(urlconf(*MIXED), [HOOK]).remedy
    assert "The hook ends " in audited(urlconf(*MIXED), file=str(file)).remedy
    assert "hook" not in audited(urlconf(*MIXED), [HOOK], file=str(file)).remedy


def test_says_what_the_hook_does_not_see(urlconf, db):
    with patched_settings({"POSTPROCESSING_HOOKS": []}):
        source = Source(urlconf=urlconf(*MIXED))
        deep = audit(source, probe=Probe(Tier.T2), hook=fix_document).remedy
    assert " of these (with a verdict file, where rows or a middleware decide): " in deep


def test_names_the_cause_that_is_behind_more_than_the_hook_ends():
    routes = [route(view(ProtectedView), f"{n}/") for n in range(3)]
    schema = audited_schema(*routes)
    report = apply_rules(schema)
    assert remedy(report, schema, None) == (
        "One cause is behind 3 of these: AK401 reject-status-undocumented."
    )


@pytest.mark.parametrize("routes", [[], [route(OpenView)]])
def test_has_nothing_to_say_where_nothing_repeats(routes):
    schema = audited_schema(*routes)
    report = apply_rules(schema)
    assert report.findings == ()
    assert remedy(report, schema, fix_document) == ""


def test_leaves_the_audited_document_as_it_is():
    shared = {"responses": {"200": {"description": "shared"}}}
    routes = [*MIXED, route(view(ProtectedView, permission_classes=[HasAPIKey]), "key/")]
    schema = audited_schema(*routes, SECURITY=[{"jwtAuth": []}], OAS_VERSION="3.1.1")
    for one in schema.operations[:2]:
        one.document["responses"] = shared["responses"]
    before = copy.deepcopy(schema.document)
    assert "hook" in remedy(apply_rules(schema), schema, fix_document)
    assert schema.document == before


@pytest.mark.parametrize(
    "document",
    [{"paths": None}, {"paths": {"/a/": 3}, "components": []}, {"components": {"schemas": None}}],
    ids=["nothing", "numbers", "null"],
)
def test_a_document_of_another_shape_is_no_fault(document):
    schema = replace(audited_schema(*MIXED), document=document, operations=())
    assert remedy(apply_rules(schema), schema, fix_document) == ""


def test_a_hook_that_fails_costs_no_report():
    def failing(schema):
        raise LookupError("no such scheme")

    schema = audited_schema(*MIXED)
    assert "hook" not in remedy(apply_rules(schema), schema, failing)
