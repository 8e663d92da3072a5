"""``CompiledUpdate`` changes what the ORM would change, and says whether it did."""

from datetime import timedelta

import pytest
from authkit.core import clock
from authkit.core.db.compiled_update import CompiledUpdate
from authkit.models import Session
from django.db.models.sql.compiler import SQLCompiler

pytestmark = pytest.mark.django_db


@pytest.fixture
def update():
    return CompiledUpdate(
        Session,
        assigns=["generation", "revoked_at"],
        equals=["id", "generation"],
        null=["revoked_at"],
        after=["idle_expires_at"],
    )


@pytest.fixture
def session(client, user):
    client.pair(user)
    client.pair(user)
    return Session.objects.first()


def run(update, session, generation=0, later=timedelta(0)):
    return update.run(
        {"generation": 1, "revoked_at": None},
        where={"id": session.pk, "generation": generation},
        after={"idle_expires_at": clock.now() + later},
    )


def test_it_changes_the_row_and_no_other(update, session):
    assert run(update, session) is True
    assert list(Session.objects.order_by("generation").values_list("generation")) == [(0,), (1,)]
    session.refresh_from_db()
    assert session.generation == 1


def test_it_changes_a_row_once(update, session):
    assert [run(update, session), run(update, session)] == [True, False]


def test_a_row_that_is_not_as_required_is_left_alone(update, session):
    before = list(Session.objects.order_by("pk").values())
    assert run(update, session, generation=7) is False
    assert run(update, session, later=timedelta(days=1000)) is False
    assert list(Session.objects.order_by("pk").values()) == before
    Session.objects.update(revoked_at=clock.now())
    assert run(update, session) is False


def test_an_update_to_the_same_values_counts_as_a_change(update, session):
    same = {"generation": 0, "revoked_at": None}
    where = {"id": session.pk, "generation": 0}
    for _ in range(2):
        assert update.run(same, where=where, after={"idle_expires_at": clock.now()}) is True


def test_values_come_back_as_they_were_given(session):
    moment = clock.now()
    update = CompiledUpdate(Session, assigns=["revoked_at", "user_agent"], equals=["id"])
    assert update.run({"revoked_at": moment, "user_agent": "50 % \u20ac"}, where={"id": session.pk})
    session.refresh_from_db()
    assert (session.revoked_at, session.user_agent) == (moment, "50 % \u20ac")


def test_the_orm_compiles_nothing(update, session, monkeypatch):
    monkeypatch.delattr(SQLCompiler, "as_sql")
    assert run(update, session) is True


def test_it_tells_columns_of_one_condition_from_those_of_another(session):
    """What is assigned may be what is asked for: the old value decides."""
    update = CompiledUpdate(
        Session, assigns=["pending_until"], equals=["id"], after=["pending_until"]
    )
    now = clock.now()
    where = {"id": session.pk}
    assert update.run({"pending_until": None}, where=where, after={"pending_until": now}) is False
    Session.objects.filter(pk=session.pk).update(pending_until=now + timedelta(seconds=9))
    earlier = {"pending_until": now + timedelta(seconds=9)}
    assert update.run({"pending_until": None}, where=where, after=earlier) is False
    assert update.run({"pending_until": None}, where=where, after={"pending_until": now}) is True
    assert update.run({"pending_until": None}, where=where, after={"pending_until": now}) is False


def test_a_hostile_value_is_a_value(session):
    update = CompiledUpdate(Session, assigns=["user_agent"], equals=["id", "methods"])
    evil = "' OR 1=1; --\\"
    assert update.run({"user_agent": evil}, where={"id": session.pk, "methods": evil}) is False
    assert update.run({"user_agent": evil}, where={"id": session.pk, "methods": "pwd"}) is True
    assert Session.objects.filter(user_agent=evil).count() == 1
