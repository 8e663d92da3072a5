"""Columns of user names that hold no text, or one form of many. The suite's models have text."""

import re

import pytest
from authkit.login import serializers
from authkit.login.serializers import CredentialsSerializer
from authkit.models import PasswordAttempts
from django.contrib.auth import get_user_model
from django.db import models


@pytest.fixture
def column(request, monkeypatch):
    """Put another field in the place of the user model's USERNAME_FIELD."""
    model = get_user_model()
    original = model._meta.get_field
    column = request.param()
    column.set_attributes_from_name(model.USERNAME_FIELD)
    column.model = model

    def get_field(name):
        return column if name == model.USERNAME_FIELD else original(name)

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


class PhoneField(models.CharField):
    """Stores and looks up one form of a number that people write in many."""

    def get_prep_value(self, value):
        return re.sub("[^0-9+]", "", super().get_prep_value(value))


@pytest.mark.parametrize(
    ("column", "spellings", "another"),
    [
        (models.IntegerField, ["17", "017", " 17", "1_7", "\u0661\u0667"], "170"),
        (
            models.UUIDField,
            [
                "0190b2a0-0000-7000-8000-000000000000",
                "0190B2A0000070008000000000000000",
                "{0190b2a0-000070008000-000000000000}",
                "urn:uuid:0190b2a0-0000-7000-8000-000000000000",
            ],
            "0190b2a0-0000-7000-8000-000000000001",
        ),
        (PhoneField, ["+41791234567", "+41 79 123 45 67", "+41-79-1234567"], "+41791234568"),
        (models.IntegerField, ["seventeen"], "eighteen"),
    ],
    indirect=["column"],
)
def test_what_is_looked_up_alike_is_counted_together(db, column, spellings, another):
    counters = [PasswordAttempts.of(spelling, "a place") for spelling in spellings]
    assert len({(each.pk, each.account, each.name) for each in counters}) == 1
    assert PasswordAttempts.of(another, "a place").pk != counters[0].pk
