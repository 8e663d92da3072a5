"""User models of any shape: what of them is written, and what is only shown."""

import pytest
from authkit.accounts.columns import column_named, identifiers, touched_by_every_save
from authkit.accounts.serializers import ProfileSerializer
from authkit.models import AccountName, Registration
from django.contrib.auth import get_user_model
from django.db import IntegrityError

from tests.accounts.test_profile import ME, patch
from tests.conftest import bearer

USER = get_user_model()


def test_what_the_model_does_not_have_is_no_column():
    assert column_named("nothing") is None
    assert identifiers()[0] == USER.USERNAME_FIELD


def test_a_moment_that_every_save_writes_is_written_by_a_change(user, monkeypatch):
    column = USER._meta.get_field("last_login")
    assert list(touched_by_every_save()) == []
    monkeypatch.setattr(column, "auto_now", True)
    ProfileSerializer().update(user, {})
    assert USER.objects.get(pk=user.pk).last_login is not None


def test_relations_that_a_project_opens_are_set(user):
    group = user.groups.model.objects.create(name="readers")
    ProfileSerializer().update(user, {"groups": [group], "nickname": "Ann"})
    assert list(user.groups.all()) == [group]
    assert user.nickname == "Ann"


@pytest.mark.names
@pytest.mark.django_db
def test_a_value_of_another_user_is_409(client, user, monkeypatch):
    def update(self, instance, changes):
        raise IntegrityError("unique")

    monkeypatch.setattr(ProfileSerializer, "update", update)
    answer = patch(client, client.pair(user)["access"], {"first_name": "Ann"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_taken")


@pytest.mark.names
@pytest.mark.django_db
def test_a_change_of_who_has_just_been_deleted_is_no_crash(client, user, monkeypatch):
    access = client.pair(user)["access"]
    original = ProfileSerializer.is_valid

    def is_valid(self, **kwargs):
        USER.objects.filter(pk=user.pk).delete()
        return original(self, **kwargs)

    monkeypatch.setattr(ProfileSerializer, "is_valid", is_valid)
    monkeypatch.setattr("authkit.accounts.serializers.touched_by_every_save", lambda: ["password"])
    client.raise_request_exception = False
    assert patch(client, access, {"first_name": "Ann"}).status_code == 503
    assert client.get(ME, **bearer(access)).status_code == 401


def test_rows_are_called_by_their_ids():
    assert str(AccountName(pk="x")) == "x"
    assert str(Registration(pk=1)) == "1"
