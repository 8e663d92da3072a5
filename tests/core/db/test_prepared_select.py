"""``PreparedSelect`` answers what the ORM answers, for every shape of owner."""

import threading
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from authkit.core.db.prepared import Param, PreparedSelect
from authkit.models import APIKey, Session
from django.db import connection, connections, models, router
from django.db.models import Q
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext, isolate_apps

from tests.core.db.shapes import (
    DeferringManager,
    NamedQuerySet,
    VisibleManager,
    inherited_owner,
    look_up,
    owner_of_every_type,
    plain_owner,
    tables,
)

pytestmark = pytest.mark.django_db(transaction=True)


def fields(instance):
    """Every field of a row as it is in memory, with its type."""
    if instance is None:
        return None
    values = {name: value for name, value in vars(instance).items() if not name.startswith("_")}
    return {name: (type(value), value) for name, value in values.items()}


def sessions_by_id():
    return PreparedSelect(Session, Q(id=Param("id", models.UUIDField())), related="user")


def assert_same_as_the_orm(lookup, model, **values):
    with CaptureQueriesContext(connection) as captured:
        found = lookup.get(**values)
        owner = getattr(found, lookup.related.name)
    by_orm = model._base_manager.select_related(lookup.related.name).get(**values)
    assert len(captured) == 1
    assert fields(found) == fields(by_orm)
    assert fields(owner) == fields(getattr(by_orm, lookup.related.name))
    assert type(found) is type(by_orm)
    assert (found._state.adding, found._state.db) == (False, "default")
    if owner is not None:
        assert (owner._state.adding, owner._state.db) == (False, "default")
        assert owner == getattr(by_orm, lookup.related.name)
    return found


def test_a_session_and_its_user_are_what_the_orm_gives(client, user):
    client.pair(user)
    session = Session.objects.get()
    lookup = sessions_by_id()
    lookup.get(id=session.pk)
    found = assert_same_as_the_orm(lookup, Session, id=session.pk)
    assert found == session
    assert found.user == user


def test_a_key_and_its_owner_are_what_the_orm_gives(user):
    api_key, _ = APIKey.objects.create_key(name="x", owner=user)
    prefix = Q(prefix=Param("prefix", models.CharField()))
    lookup = PreparedSelect(APIKey, prefix, related="owner")
    lookup.get(prefix=api_key.prefix)
    assert_same_as_the_orm(lookup, APIKey, prefix=api_key.prefix)


def test_a_row_that_was_found_can_be_saved_again(client, user):
    client.pair(user)
    lookup = sessions_by_id()
    found = lookup.get(id=Session.objects.get().pk)
    found.user_agent = "changed"
    found.save(update_fields=["user_agent"])
    found.user.is_active = False
    found.user.save()
    assert Session.objects.get().user_agent == "changed"
    assert Session.objects.get().user.is_active is False


def test_every_type_of_column_comes_out_as_the_orm_converts_it():
    with tables(owner_of_every_type) as (owner_model, model):
        owner = owner_model.objects.create(
            id=UUID("12345678-1234-5678-1234-567812345678"),
            flag=True,
            maybe=None,
            amount=Decimal("12345678.1234"),
            ratio=0.1,
            moment=datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
            day=date(2024, 2, 29),
            hour=time(23, 59, 59, 999999),
            length=timedelta(days=-1, microseconds=1),
            address="2001:db8::1",
            bits=b"\x00\xff",
            data={"a": [1, None, "\u20ac"]},
            nothing=None,
            doubled=84,
            big=2**62,
            text="\u20ac and 100 %",
        )
        model.objects.create(code="one", owner=owner)
        lookup = look_up(model)
        lookup.get(code="one")
        found = assert_same_as_the_orm(lookup, model, code="one")
        assert found.owner.doubled == 84


def test_a_row_without_an_owner_is_found():
    with tables(plain_owner) as (_, model):
        model.objects.create(code="one")
        lookup = look_up(model)
        lookup.get(code="one")
        found = assert_same_as_the_orm(lookup, model, code="one")
        assert found.owner is None


def test_what_is_not_there_is_none():
    with tables(plain_owner) as (_, model):
        lookup = look_up(model)
        assert lookup.get(code="one") is None
        assert lookup.get(code="") is None
        assert lookup.get(code="' OR 1=1 --") is None
        assert lookup.get(code="%s") is None


def test_an_owner_in_two_tables_comes_whole_and_in_one_query():
    with tables(inherited_owner) as (owner_model, model):
        owner = owner_model.objects.create(name="Ada", number=Decimal("7.125"), token=None)
        model.objects.create(code="one", owner=owner)
        model.objects.create(code="ownerless")
        lookup = look_up(model)
        lookup.get(code="one")
        found = assert_same_as_the_orm(lookup, model, code="one")
        assert (found.owner.name, found.owner.number) == ("Ada", Decimal("7.125"))
        assert_same_as_the_orm(lookup, model, code="ownerless")


def test_a_manager_that_hides_rows_is_respected():
    with tables(lambda: plain_owner(VisibleManager())) as (owner_model, model):
        seen = owner_model.objects.create(name="seen")
        hidden = owner_model.objects.create(name="hidden", hidden=True)
        model.objects.create(code="seen", owner=seen)
        model.objects.create(code="hidden", owner=hidden)
        model.objects.create(code="ownerless")
        lookup = look_up(model)
        assert lookup.get(code="seen").owner == seen
        assert lookup.get(code="hidden") is None
        assert lookup.get(code="ownerless").owner is None
        assert lookup.get(code="none") is None


def test_a_manager_that_defers_columns_is_respected():
    with tables(lambda: plain_owner(DeferringManager())) as (owner_model, model):
        owner = owner_model.objects.create(name="x", notes="long")
        model.objects.create(code="one", owner=owner)
        found = look_up(model).get(code="one")
        assert found.owner.get_deferred_fields() == {"notes"}
        assert found.owner.notes == "long"


def test_a_manager_made_from_a_queryset_is_read_in_one_query():
    with tables(lambda: plain_owner(NamedQuerySet.as_manager())) as (owner_model, model):
        model.objects.create(code="one", owner=owner_model.objects.create(name="x"))
        lookup = look_up(model)
        lookup.get(code="one")
        assert_same_as_the_orm(lookup, model, code="one")


def test_a_row_belongs_to_the_latest_owner_and_not_to_a_remembered_one():
    with tables(plain_owner) as (owner_model, model):
        first, second = (owner_model.objects.create(name=name) for name in ("a", "b"))
        row = model.objects.create(code="one", owner=first)
        lookup = look_up(model)
        assert lookup.get(code="one").owner == first
        model.objects.filter(pk=row.pk).update(owner=second)
        assert lookup.get(code="one").owner == second
        owner_model.objects.filter(pk=second.pk).update(name="c")
        assert lookup.get(code="one").owner.name == "c"


def test_the_sql_is_compiled_once(client, user, monkeypatch):
    client.pair(user)
    session = Session.objects.get()
    lookup = sessions_by_id()
    compiled = []
    as_sql = SQLCompiler.as_sql
    monkeypatch.setattr(
        SQLCompiler, "as_sql", lambda self, *a, **kw: compiled.append(1) or as_sql(self, *a, **kw)
    )
    lookup.get(id=session.pk)
    assert compiled
    compiled.clear()
    for _ in range(4):
        lookup.get(id=session.pk)
    assert not compiled


def test_compiling_leaves_no_connection_open(monkeypatch):
    made = []
    create = connections.create_connection
    monkeypatch.setattr(
        connections, "create_connection", lambda alias: made.append(create(alias)) or made[-1]
    )
    assert sessions_by_id().is_prepared()
    assert [each.connection for each in made] == [None]


def test_what_the_base_manager_requires_is_required():
    with isolate_apps("tests.core"):

        class Owner(models.Model):
            class Meta:
                app_label = "core"

        class OnlyRed(models.Manager):
            def get_queryset(self):
                return super().get_queryset().filter(colour="100 % red")

        class Coloured(models.Model):
            code = models.CharField(max_length=20, unique=True)
            colour = models.CharField(max_length=20)
            owner = models.ForeignKey(Owner, models.CASCADE)

            objects = OnlyRed()

            class Meta:
                app_label = "core"
                base_manager_name = "objects"

        with connection.schema_editor() as editor:
            editor.create_model(Owner)
            editor.create_model(Coloured)
        try:
            owner = Owner.objects.create()
            Coloured.objects.create(code="red", colour="100 % red", owner=owner)
            Coloured.objects.create(code="blue", colour="blue", owner=owner)
            lookup = look_up(Coloured)
            assert lookup.is_prepared()
            assert lookup.get(code="red").colour == "100 % red"
            assert lookup.get(code="blue") is None
        finally:
            with connection.schema_editor() as editor:
                editor.delete_model(Coloured)
                editor.delete_model(Owner)


def test_a_plan_belongs_to_one_database(client, user, monkeypatch):
    client.pair(user)
    session = Session.objects.get()
    lookup = sessions_by_id()
    monkeypatch.setitem(connections.settings, "other", connections.settings["default"])
    monkeypatch.setattr(router, "db_for_write", lambda model: "other")
    # The same database by another name, over the connection that the test already has.
    create = connections.create_connection
    monkeypatch.setattr(connections["other"], "connection", connection.connection)
    # To compile, MariaDB is asked for its version, and pytest allows no connection to "other".
    monkeypatch.setattr(connections, "create_connection", lambda alias: create("default"))
    try:
        found = lookup.get(id=session.pk)
        assert (found._state.db, found.user._state.db) == ("other", "other")
        assert set(lookup._plans) == {"other"}
    finally:
        connections["other"].connection = None
        del connections["other"]


@pytest.mark.concurrency
def test_threads_share_the_plan_and_use_connections_of_their_own(client, user):
    for _ in range(8):
        client.pair(user)
    lookup = sessions_by_id()
    ids = list(Session.objects.values_list("pk", flat=True))
    answers, barrier = [], threading.Barrier(8)

    def work(session_id):
        try:
            barrier.wait()
            for _ in range(50):
                found = lookup.get(id=session_id)
                # The connection itself: another may get the id of one that is gone.
                answers.append((found.pk == session_id, found.user == user, connection.connection))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[session_id]) for session_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 8 * 50
    assert {answer[:2] for answer in answers} == {(True, True)}
    assert len({id(answer[2]) for answer in answers}) == 8


@pytest.mark.concurrency
def test_a_plan_keeps_no_connection_of_the_thread_that_made_it(client, user):
    client.pair(user)
    session = Session.objects.get()
    lookup = sessions_by_id()

    def compile_in_a_thread():
        lookup.get(id=session.pk)
        connection.close()

    thread = threading.Thread(target=compile_in_a_thread)
    thread.start()
    thread.join()
    assert lookup.get(id=session.pk) == session
