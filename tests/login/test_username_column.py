"""A user name that the column could not even be asked for is 400; the suite's models have text."""

import pytest
from authkit.login import serializers
from authkit.login.serializers import CredentialsSerializer
from django.contrib.auth import get_user_model
from django.db import models


@pytest.fixture
def column(request, monkeypatch):
    """Put another field in the place of the user model's USERNAME_FIELD."""
    model = get_user_model()
    original = model._meta.get_field

    def get_field(name):
        return request.param() if name == model.USERNAME_FIELD else original(name)

    monkeypatch.setattr(model._meta, "get_field", get_field)
    monkeypatch.setattr(serializers, "get_user_model", lambda: model)


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        (models.IntegerField, "17", "seventeen"),
        (models.UUIDField, "0190b2a0-0000-7000-8000-000000000000", "reader"),
        (models.CharField, "seventeen", None),
    ],
    indirect=["column"],
)
def test_a_name_that_does_not_fit_the_column_is_refused(client, db, column, good, bad):
    name = get_user_model().USERNAME_FIELD
    assert CredentialsSerializer(data={name: good, "password": "x"}).is_valid()
    if bad is not None:
        answer = client.post("/api/v1/auth/token/", {name: bad, "password": "x"}, format="json")
        assert (answer.status_code, answer.json()) == (400, {name: ["Not a valid value."]})
