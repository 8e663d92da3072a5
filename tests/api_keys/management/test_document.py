"""The OpenAPI document says what the endpoints of keys answer."""

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import validate

from tests.api_keys.calls import KEYS, Person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.urls")]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "one", "allowed_networks": "192.0.2.0/24"},
        {"name": "one", "allowed_networks": ["192.0.2.0/24", "no network"]},
        {"name": "one", "scopes": [None]},
        {"name": "one", "role": "admin"},
    ],
)
def test_a_400_has_the_documented_shape(client, user, fields):
    answer = Person(client, user).create(**fields)
    assert answer.status_code == 400
    document = SchemaGenerator().get_schema(request=None, public=True)
    documented = document["paths"][KEYS]["post"]["responses"]["400"]
    validate(answer.json(), documented["content"]["application/json"]["schema"])
