"""What an audit of a real database sees without being asked to, and when too little was seen."""

from __future__ import annotations

import json

import pytest
from authkit.schema.audit.undecided import Limit, WrongLimit
from authkit.schema.model.source import SchemaNotMade
from authkit.schema.probe import tiers
from authkit.schema.testing import assert_schema_is_true
from django.contrib.auth.models import Group
from django.db import connection
from rest_framework.permissions import BasePermission

from tests.schema.documents import OpenView, ProtectedView, route, view
from tests.schema.test_command import run


class HasGroups(BasePermission):
    """Asks the database about every caller."""

    def has_permission(self, request, view):
        return Group.objects.filter(name="open").exists()


class Writes(BasePermission):
    """Goes past all of Django's own ways to the database."""

    def has_permission(self, request, view):
        connection.ensure_connection()
        cursor = connection.connection.cursor()
        cursor.execute("INSERT INTO auth_group (name) VALUES ('written')")
        return True


ByRows = view(permission_classes=[HasGroups])
Writing = view(permission_classes=[Writes])


@pytest.fixture
def production(transactional_db, monkeypatch):
    """Let the database of the tests look like that of a real project."""
    monkeypatch.setattr(tiers, "is_made_for_tests", lambda settings: False)


@pytest.mark.usefixtures("production")
class TestARealDatabase:
    def test_decides_by_its_rows_without_an_option(self, urlconf):
        Group.objects.create(name="open")
        shown, _ = run("--urlconf", urlconf(route(ByRows)), "--format", "json", "--exit-zero")
        report = json.loads(shown)
        assert report["context"]["tier"] == "T3"
        assert [one["state"] for one in report["operations"]] == ["optional"]

    def test_takes_no_write_whatever_way_it_is_tried(self, urlconf):
        name = urlconf(route(Writing), route(ByRows, "rows/"), route(OpenView, "open/"))
        shown, _ = run("--urlconf", name, "--format", "json", "--exit-zero")
        states = {one["path"]: one["state"] for one in json.loads(shown)["operations"]}
        assert states["/thing/"] == "undecided"
        assert states["/open/"] == "public"
        assert Group.objects.count() == 0

    def test_takes_writes_again_afterwards(self, urlconf):
        run("--urlconf", urlconf(route(ByRows), route(OpenView, "open/")), "--exit-zero")
        Group.objects.create(name="afterwards")
        assert Group.objects.count() == 1


MOST = [route(ByRows, f"rows{number}/") for number in range(3)]


class TestTooLittle:
    """Without the database one of four operations is decided."""

    @pytest.fixture
    def name(self, urlconf):
        return urlconf(*MOST, route(OpenView, "open/"))

    def test_is_no_success_without_an_option(self, name, capsys):
        assert run("--urlconf", name)[1] == 3
        said = capsys.readouterr().err
        assert "3 of 4 operations are undecided, more than --max-undecided 50% allows." in said
        assert "--tier T3 also asks the database, and writes nothing." in said
        assert "--max-undecided 75% accepts that." in said

    def test_is_told_beside_the_report(self, name):
        shown, status = run("--urlconf", name, "--format", "json")
        assert (status, len(json.loads(shown)["operations"])) == (3, 4)

    def test_is_accepted_if_that_is_typed(self, name, capsys):
        assert run("--urlconf", name, "--max-undecided", "75%")[1] == 0
        assert run("--urlconf", name, "--exit-zero")[1] == 0
        assert "undecided" not in capsys.readouterr().err

    def test_names_the_option_of_a_database_that_has_to_be_allowed(self, name, capsys, monkeypatch):
        monkeypatch.setattr(connection, "vendor", "oracle")
        monkeypatch.setattr(tiers, "is_made_for_tests", lambda settings: False)
        assert run("--urlconf", name)[1] == 3
        assert "--tier T3 --allow-any-database also asks" in capsys.readouterr().err

    @pytest.mark.django_db
    def test_at_t3_is_a_question_of_values(self, urlconf, capsys):
        failing = view(permission_classes=[type("Failing", (BasePermission,), {
            "has_permission": lambda self, request, view: 1 / 0
        })])  # fmt: skip
        routes = [route(failing, "a/"), route(failing, "b/"), route(OpenView, "open/")]
        assert run("--urlconf", urlconf(*routes))[1] == 3
        said = capsys.readouterr().err
        assert "--tier" not in said
        assert "--param NAME=VALUE" in said

    def test_fails_the_test_of_a_project(self, name):
        with pytest.raises(AssertionError, match="3 of 4 operations are undecided") as error:
            assert_schema_is_true(urlconf=name)
        assert "GET /rows0/" in str(error.value)
        assert assert_schema_is_true(urlconf=name, max_undecided="3") is None

    def test_half_is_enough(self, urlconf):
        name = urlconf(route(ByRows, "rows/"), route(OpenView, "open/"))
        assert run("--urlconf", name)[1] == 0

    def test_an_operation_without_a_view_counts(self, urlconf, capsys):
        stale = {f"/gone{n}/": {"get": {"operationId": f"gone{n}", "responses": {}}} for n in "ab"}
        name = urlconf(route(OpenView, "open/"))
        assert run("--urlconf", name, APPEND_PATHS=stale)[1] == 3
        assert "2 of 3 operations are undecided" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["some", "-1", "1.5", "5%%", ""])
def test_a_limit_that_is_none_is_refused(text):
    with pytest.raises(WrongLimit, match="neither a number nor a percentage"):
        Limit.of(text)


@pytest.mark.parametrize("text", ["5", "50%", "2.5%"])
def test_a_limit_is_said_as_it_is_typed(text):
    assert str(Limit.of(text)) == text


def test_nothing_at_all_is_still_no_schema(urlconf):
    with pytest.raises(SchemaNotMade):
        assert_schema_is_true(urlconf=urlconf(route(ByRows)), max_undecided="100%")


def test_what_is_decided_alone_needs_no_database(urlconf):
    assert run("--urlconf", urlconf(route(ProtectedView)))[1] == 0
