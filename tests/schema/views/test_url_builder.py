"""Values for the placeholders of paths: given, from rows, or made up so that they fit."""

from __future__ import annotations

import pytest
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.views.mapping import map_operations
from authkit.schema.views.url_builder import UrlBuilder, host
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import path, re_path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from rest_framework import versioning
from rest_framework.urlpatterns import format_suffix_patterns

from tests.schema.documents import OpenView, audited_schema, view
from tests.schema.projects.shapes import Detail


def operations(*routes, version=None):
    generator = SchemaGenerator(patterns=list(routes), api_version=version)
    with GENERATOR_STATS.silence():
        document = generator.get_schema(request=None, public=True)
        return list(map_operations(generator, document).values())


def values(*routes, urls=None, version=None):
    (operation,) = operations(*routes, version=version)
    return (urls or UrlBuilder()).values(operation)


def at(pattern, view_class=OpenView):
    return path(pattern, view_class.as_view())


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("<one>/", "1"),
        ("<uuid:one>/", "00000000-0000-4000-8000-000000000000"),
        ("<slug:one>/", "1"),
    ],
)
def test_a_converter_says_what_fits(pattern, value):
    assert values(at(pattern)) == {"one": value}


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (r"^(?P<one>[a-z]{2})/$", "en"),
        (r"^(?P<one>(x|a1))/$", "a1"),
        (r"^(?P<one>[^/()]+@[^/]+)/$", "a@example.com"),
        (r"^(?P<one>[](ab)]1)/$", "a1"),
        (r"^(?P<one>\w\))/$", None),
    ],
)
def test_an_expression_says_what_fits(pattern, value):
    found = values(re_path(pattern, OpenView.as_view()))
    assert found == (None if value is None else {"one": value})


def test_a_placeholder_that_the_pattern_does_not_name_takes_anything():
    (operation,) = operations(at("things/"))
    unnamed = type(operation)(**{**vars(operation), "route": "/{somewhere}/"})
    assert UrlBuilder().values(unnamed) == {"somewhere": "1"}


def test_the_version_and_the_format_are_known():
    versioned = view(OpenView, versioning_class=versioning.URLPathVersioning)
    routes = [re_path(r"^(?P<version>v1|v2)/$", versioned.as_view())]
    assert values(*routes, version="v2") == {"version": "v2"}
    _, suffixed = operations(*format_suffix_patterns([at("things/")]))
    assert UrlBuilder().values(suffixed) == {"format": ".json"}


def test_a_value_that_the_user_gave_is_not_doubted():
    assert values(at("<int:one>/"), urls=UrlBuilder({"one": "x"})) == {"one": "x"}


@pytest.mark.django_db
class TestRows:
    def test_of_the_view_come_first(self):
        Group.objects.create(pk=7, name="seven")
        found = values(at("<int:pk>/", Detail), urls=UrlBuilder(rows=True))
        assert found == {"pk": "7"}
        by_name = type("ByName", (Detail,), {"lookup_field": "name"})
        assert values(at("<str:name>/", by_name), urls=UrlBuilder(rows=True)) == {"name": "seven"}

    def test_that_have_no_such_field_are_passed_over(self):
        Group.objects.create(name="one")
        odd = type("Odd", (Detail,), {"lookup_field": "code"})
        assert values(at("<str:code>/", odd), urls=UrlBuilder(rows=True)) == {"code": "1"}

    def test_whose_field_is_empty_are_passed_over(self):
        Group.objects.create(pk=3, name="one")
        (operation,) = operations(at("<int:group_id>/of/<int:pk>/", Detail))
        urls = UrlBuilder(rows=True)
        urls.read[Group] = [Group(name="unsaved")]
        assert urls.values(operation) == {"group_id": "1", "pk": "3"}

    def test_are_found_by_the_name_of_their_model(self):
        Group.objects.create(pk=7, name="seven")
        urls = UrlBuilder(rows=True)
        assert values(at("<int:group_pk>/"), urls=urls) == {"group_pk": "7"}
        assert values(at("<str:group_name>/"), urls=urls) == {"group_name": "seven"}
        assert values(at("<str:groups_name>/"), urls=urls) == {"groups_name": "seven"}
        assert values(at("<str:group_colour>/"), urls=urls) == {"group_colour": "1"}
        assert values(at("<str:group>/"), urls=urls) == {"group": "7"}

    def test_that_the_row_of_the_view_belongs_to_are_better(self, user):
        first = ContentType.objects.order_by("pk").first()
        other = ContentType.objects.exclude(pk=first.pk).first()
        entry = LogEntry.objects.create(user=user, content_type=other, action_flag=ADDITION)
        owned = type("Owned", (Detail,), {"queryset": LogEntry.objects.order_by("pk")})
        found = values(at("<int:content_type_id>/<int:pk>/", owned), urls=UrlBuilder(rows=True))
        assert found == {"content_type_id": str(other.pk), "pk": str(entry.pk)}

    def test_are_not_read_for_a_path_without_placeholders(self, django_assert_num_queries):
        (operation,) = operations(at("things/", Detail))
        with django_assert_num_queries(0):
            assert list(UrlBuilder(rows=True).choices(operation)) == [{}]

    def test_that_cannot_be_read_are_not_there(self):
        class Broken:
            def all(self):
                raise LookupError("no tenant")

        model = type("Model", (), {"_default_manager": Broken()})
        assert UrlBuilder(rows=True).rows_of(model) == []


def test_a_table_that_is_not_there_has_no_rows(db):
    class Absent(models.Model):
        class Meta:
            app_label = "absent"
            managed = False

    assert UrlBuilder(rows=True).rows_of(Absent) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "versions"),
    [
        (versioning.AcceptHeaderVersioning, ["1", "2"]),
        (versioning.QueryParameterVersioning, ["1", "2"]),
    ],
)
def test_a_version_that_is_no_part_of_the_path_reaches_the_view(kind, versions):
    seen = []

    class Versioned(OpenView):
        versioning_class = type("Versions", (kind,), {"allowed_versions": versions})

        def initial(self, request, *args, **kwargs):
            super().initial(request, *args, **kwargs)
            seen.append(request.version)

    (audited,) = audited_schema(
        at("things/", Versioned), api_version="2", probe=Probe(Tier.T2)
    ).operations
    assert audited.decision.is_open
    assert "2" in seen


@pytest.mark.parametrize(
    ("allowed", "name"),
    [([], "localhost"), (["*"], "localhost"), (["*", ".example.com"], "example.com")],
)
def test_a_host_is_one_that_the_project_answers_to(settings, allowed, name):
    settings.ALLOWED_HOSTS = allowed
    assert host() == name
