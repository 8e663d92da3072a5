"""``CompiledInsert`` writes the row that the ORM would write."""

import pytest
from authkit.core.db.compiled_insert import CompiledInsert
from authkit.models import Session
from django.db import IntegrityError, connection, transaction
from django.db.models.sql.compiler import SQLInsertCompiler
from django.forms.models import model_to_dict

pytestmark = pytest.mark.django_db


@pytest.fixture
def insert():
    return CompiledInsert(Session)


@pytest.fixture
def example(client, user):
    client.pair(user)
    return Session.objects.get()


def another(session, **changes):
    values = {field.attname: getattr(session, field.attname) for field in Session._meta.fields}
    del values["id"]
    return Session(**values | changes)


def test_the_row_is_the_one_that_save_writes(insert, example):
    by_orm = another(example, user_agent="50 % \u20ac", ip="2001:db8::1")
    by_orm.save(force_insert=True)
    by_us = another(example, user_agent="50 % \u20ac", ip="2001:db8::1")
    assert insert.run(by_us) is by_us
    assert model_to_dict(Session.objects.get(pk=by_us.pk)) == model_to_dict(
        Session.objects.get(pk=by_orm.pk)
    )


def test_the_instance_is_saved_afterwards(insert, example):
    session = insert.run(another(example))
    assert session._state.adding is False
    assert session._state.db == "default"
    session.methods = "pwd otp"
    session.save(update_fields=["methods"])
    assert Session.objects.get(pk=session.pk).amr == ["pwd", "otp"]


def test_a_row_that_is_there_is_not_overwritten(insert, example):
    with pytest.raises(IntegrityError), transaction.atomic():
        insert.run(another(example, id=example.pk, methods="mfa"))
    assert Session.objects.get().methods == "pwd"


def test_a_hostile_value_is_a_value(insert, example):
    evil = "'); DROP TABLE authkit_session; --"
    insert.run(another(example, user_agent=evil))
    assert Session.objects.filter(user_agent=evil).count() == 1
    assert "authkit_session" in connection.introspection.table_names()


def test_the_orm_compiles_nothing(insert, example, monkeypatch):
    monkeypatch.delattr(SQLInsertCompiler, "as_sql")
    insert.run(another(example))
    assert Session.objects.count() == 2
