"""The OpenAPI document of the project, in which serializers of both are named alike.

Run by ``test_test_cases.py``, with both formats of errors.
"""

import json
from io import StringIO

from authkit.schema.testing import assert_schema_is_true
from django.core.management import call_command
from django.test import SimpleTestCase
from drf_spectacular.generators import SchemaGenerator

#: What the project's own components are made of; authkit has a serializer of each name.
OWN = {
    "Session": {"title", "methods", "kind"},
    "Profile": {"nickname"},
    "Error": {"limb"},
    "MethodsEnum": ["hatha", "yin"],
    "KindEnum": ["beginners", "everyone"],
}


class TheDocument(SimpleTestCase):
    def test_it_is_valid_and_nothing_is_to_be_warned_of(self):
        out = StringIO()
        call_command(
            "spectacular", validate=True, fail_on_warn=True, format="openapi-json", stdout=out
        )
        assert "/rest/identity/token/" in json.loads(out.getvalue())["paths"]

    def test_the_audit_finds_nothing(self):
        assert_schema_is_true(fail_level="note")

    def test_components_of_the_project_keep_their_names_and_shapes(self):
        document = SchemaGenerator().get_schema(request=None, public=True)
        components = document["components"]["schemas"]
        for name, made_of in OWN.items():
            shape = components[name]
            assert (shape.get("enum") or shape["properties"].keys()) == made_of
        assert {"AuthkitSession", "AuthkitProfile", "AuthkitError"} <= components.keys()
        path = document["paths"]["/sessions/"]["get"]
        [answer] = path["responses"]["200"]["content"].values()
        assert answer["schema"]["items"] == {"$ref": "#/components/schemas/Session"}
