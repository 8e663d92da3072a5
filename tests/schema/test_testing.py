"""``assert_schema_is_true``, in the test suites of others."""

from __future__ import annotations

import json
import unittest

import pytest
from authkit.schema.model.source import SchemaNotMade, WrongUsage
from authkit.schema.testing import assert_schema_is_true
from django.db import connection
from django.test import SimpleTestCase
from drf_spectacular.settings import patched_settings

from tests.schema.documents import HOOK, OpenView, ProtectedView, plain_schema, route, view

LOGIN = route(view(permission_classes=[]), "login/")


def test_a_true_schema_passes(urlconf):
    assert assert_schema_is_true(urlconf=urlconf(route(OpenView))) is None


def test_a_false_schema_fails_with_the_report(urlconf):
    with pytest.raises(AssertionError) as error:
        assert_schema_is_true(urlconf=urlconf(LOGIN))
    said = str(error.value)
    assert said.startswith("The schema is not true.\n\nGET /login/: AK301")
    assert said.endswith("1 operation: 1 decided, 0 undecided, 0 unmapped.\n")


def test_the_hook_makes_it_pass(urlconf):
    name = urlconf(LOGIN)
    with patched_settings({"POSTPROCESSING_HOOKS": [HOOK]}):
        assert assert_schema_is_true(urlconf=name, select=["AK301"], fail_level="note") is None


def test_warnings_fail_with_the_option(urlconf):
    name = urlconf(route(ProtectedView))
    assert_schema_is_true(urlconf=name)
    with pytest.raises(AssertionError, match="AK401"):
        assert_schema_is_true(urlconf=name, fail_level="warning")


def test_equal_findings_are_folded_unless_all_are_asked_for(urlconf):
    name = urlconf(*(route(view(permission_classes=[]), f"{n}/") for n in range(7)))
    with pytest.raises(AssertionError, match=r"7 operations: AK301") as folded:
        assert_schema_is_true(urlconf=name)
    assert "GET /6/" not in str(folded.value)
    with pytest.raises(AssertionError, match=r"GET /6/: AK301"):
        assert_schema_is_true(urlconf=name, verbose=True)


def test_rules_can_be_ignored(urlconf):
    assert assert_schema_is_true(urlconf=urlconf(LOGIN), ignore=["AK3"]) is None


def test_a_committed_file_is_compared(urlconf, tmp_path):
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(plain_schema(route(OpenView, "a/"))))
    name = urlconf(route(OpenView, "a/"), route(OpenView, "b/"))
    with pytest.raises(AssertionError, match="GET /b/: AK504"):
        assert_schema_is_true(urlconf=name, schema=str(file), fail_level="warning")


def test_what_cannot_be_audited_is_no_success(urlconf):
    with pytest.raises(SchemaNotMade):
        assert_schema_is_true(urlconf=urlconf())
    with pytest.raises(WrongUsage):
        assert_schema_is_true(urlconf="nowhere")


@pytest.mark.django_db
def test_a_simple_test_case_can_audit_after_tests_that_used_the_database(urlconf):
    connection.ensure_connection()
    name = urlconf(route(OpenView))

    class Document(SimpleTestCase):
        def test_it(self):
            assert_schema_is_true(urlconf=name)

    result = unittest.TestResult()
    unittest.TestSuite([Document("test_it")]).run(result)
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])
