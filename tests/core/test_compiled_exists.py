"""``CompiledExists`` answers what ``filter(...).exists()`` answers."""

import pytest
from authkit.core.db.compiled_exists import CompiledExists
from authkit.models import Session
from django.db.models.sql.compiler import SQLCompiler

pytestmark = pytest.mark.django_db


@pytest.fixture
def exists():
    return CompiledExists(Session, equals=["user", "enrolment_only"])


@pytest.fixture
def session(client, user):
    client.pair(user)
    client.pair(user)
    return Session.objects.first()


def test_every_value_has_to_be_the_rows_own(exists, session, user):
    assert exists.run({"user": user.pk, "enrolment_only": False}) is True
    assert exists.run({"user": user.pk, "enrolment_only": True}) is False
    Session.objects.all().delete()
    assert exists.run({"user": user.pk, "enrolment_only": False}) is False


def test_a_hostile_value_is_a_value(session):
    exists = CompiledExists(Session, equals=["methods"])
    assert exists.run({"methods": "' OR 1=1; --"}) is False
    assert exists.run({"methods": "pwd"}) is True


def test_the_orm_compiles_nothing(exists, session, user, monkeypatch):
    monkeypatch.delattr(SQLCompiler, "as_sql")
    assert exists.run({"user": user.pk, "enrolment_only": False}) is True
