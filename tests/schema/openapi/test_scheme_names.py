from __future__ import annotations

from authkit.schema.openapi.scheme_names import dotted
from rest_framework.decorators import api_view


@api_view()
def health(request): ...


class Outer:
    class Inner: ...


def test_a_class_has_the_name_that_one_would_import():
    assert dotted(Outer.Inner) == "tests.schema.openapi.test_scheme_names.Outer.Inner"


def test_a_function_view_has_the_name_of_its_function():
    assert dotted(health.cls) == "tests.schema.openapi.test_scheme_names.health"
