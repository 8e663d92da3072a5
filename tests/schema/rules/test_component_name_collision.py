from __future__ import annotations

import pytest
from authkit.schema.results.findings import Severity
from authkit.schema.rules.component_name_collision import RULE
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import ComponentRegistry
from drf_spectacular.utils import extend_schema_serializer, inline_serializer
from rest_framework import serializers

from tests.schema.documents import JWTView, audited_schema, report_on, route, subjects, view


def named_session(**fields):
    return type("SessionSerializer", (serializers.Serializer,), fields)


class WritingView(JWTView):
    def post(self, request):
        """Document a body, too."""


def routes(first, second, base=JWTView):
    return (
        route(view(base, serializer_class=first), "a/"),
        route(view(base, serializer_class=second), "b/"),
    )


BASKET = named_session(basket=serializers.IntegerField())
TITLE = named_session(title=serializers.CharField())


def test_two_shapes_under_one_name_are_an_error():
    report = report_on(*routes(BASKET, TITLE))
    (finding,) = [one for one in report.findings if one.rule is RULE]
    assert finding.severity is Severity.ERROR
    assert finding.subject == "Session"
    assert finding.message.count("SessionSerializer") == 2


def test_one_serializer_that_is_used_twice_is_left_alone():
    assert subjects(RULE, *routes(BASKET, BASKET)) == []


def test_a_name_that_differs_is_left_alone():
    renamed = extend_schema_serializer(component_name="EventSession")(
        named_session(title=serializers.CharField())
    )
    assert subjects(RULE, *routes(BASKET, renamed)) == []


def test_two_classes_of_equal_shape_are_left_alone():
    twin = named_session(basket=serializers.IntegerField())
    assert subjects(RULE, *routes(BASKET, twin)) == []


def test_inline_serializers_of_one_name_are_compared_too():
    def inline(**fields):
        return inline_serializer("Answer", fields)

    same = inline(count=serializers.IntegerField()), inline(count=serializers.IntegerField())
    other = inline(count=serializers.IntegerField()), inline(sum=serializers.IntegerField())
    assert subjects(RULE, *routes(*same)) == []
    assert subjects(RULE, *routes(*other)) == ["Answer"]


def test_bodies_that_differ_are_found_where_answers_are_equal():
    one = named_session(at=serializers.DateTimeField(read_only=True))
    other = named_session(
        at=serializers.DateTimeField(read_only=True),
        code=serializers.CharField(write_only=True),
    )
    assert subjects(RULE, *routes(one, other, WritingView)) == ["Session"]


def test_nested_serializers_are_found():
    outer = type("OuterSerializer", (serializers.Serializer,), {"session": TITLE()})
    assert subjects(RULE, *routes(BASKET, outer)) == ["Session"]


def test_each_of_three_is_found():
    third = named_session(user=serializers.CharField())
    found = subjects(RULE, *routes(BASKET, TITLE), route(view(serializer_class=third), "c/"))
    assert found == ["Session", "Session"]


def test_a_collision_that_is_meant_is_left_alone():
    meant = extend_schema_serializer()(named_session(title=serializers.CharField()))
    meant._spectacular_annotation = {"suppress_collision_warning": True}
    assert subjects(RULE, *routes(BASKET, meant)) == []


def test_a_serializer_that_fails_when_it_is_described_again_is_no_crash():
    calls = []

    def get_fields(self):
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError
        return {"basket": serializers.IntegerField()}

    first = named_session(get_fields=get_fields)
    assert subjects(RULE, *routes(first, TITLE)) == ["Session"]


def test_a_generator_with_a_registry_of_its_own_keeps_it():
    class Registry(ComponentRegistry):
        pass

    class Generator(SchemaGenerator):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.registry = Registry()

    schema = audited_schema(*routes(BASKET, TITLE), generator_class=Generator)
    assert type(schema.generator.registry) is Registry
    assert list(RULE.look(schema)) == []


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_it_is_found_in_every_version_of_openapi(version):
    assert subjects(RULE, *routes(BASKET, TITLE), OAS_VERSION=version) == ["Session"]
