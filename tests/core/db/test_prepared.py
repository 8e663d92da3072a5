"""Each prepared statement does what the ORM does, and runs through it where Django has changed."""

import logging
import pkgutil
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from authkit.authentication import JWTAuthentication
from authkit.core import clock
from authkit.core.clock import now as clock_now
from authkit.core.db import prepared
from authkit.core.db.prepared import Param, PreparedRow, PreparedSelect, PreparedUpdate
from authkit.core.limits.attempts import PreparedAttempt, count_attempt
from authkit.core.limits.rates import Limits
from authkit.events.models import insertion
from authkit.models import APIKey, PasswordAttempts, SecurityEvent, Session
from authkit.passwords import models as counters
from authkit.passwords.checking import attempts
from authkit.sessions import models as sessions
from django.db import DatabaseError, IntegrityError, connection, connections, models, transaction
from django.db.models import F, Q
from django.db.models.sql.compiler import SQLCompiler
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from tests.database.prepared import STATEMENTS

pytestmark = pytest.mark.django_db

#: What ``prepared`` uses of Django without a promise of Django's.
PRIVATE_NAMES = [
    "django.db.models.sql.InsertQuery",
    "django.db.models.sql.InsertQuery.get_compiler",
    "django.db.models.sql.InsertQuery.insert_values",
    "django.db.models.sql.UpdateQuery",
    "django.db.models.sql.UpdateQuery.add_update_values",
    "django.db.models.sql.UpdateQuery.get_compiler",
    "django.db.models.sql.Query.chain",
    "django.db.models.sql.Query.clone",
    "django.db.models.sql.Query.get_compiler",
    "django.db.models.sql.Query.change_aliases",
    "django.db.models.sql.compiler.SQLCompiler.as_sql",
    "django.db.models.sql.compiler.SQLCompiler.get_converters",
    "django.db.models.sql.compiler.SQLInsertCompiler.as_sql",
    "django.db.models.sql.compiler.SQLUpdateCompiler.as_sql",
    "django.db.models.Field.get_db_prep_save",
    "django.db.models.ForeignKey.set_cached_value",
    "django.db.models.manager.BaseManager.get_queryset",
    "django.db.connections.create_connection",
]

LIMITS = Limits(window=timedelta(minutes=1), per_window=3, in_a_row=7)

NOW = Param("now", models.DateTimeField())


@pytest.fixture
def session(client, user):
    client.pair(user)
    client.pair(user)
    return Session.objects.first()


@pytest.fixture(params=["prepared", "by the ORM"])
def way(request, monkeypatch):
    """Statements that are compiled anew, or cannot be."""
    for statement in STATEMENTS.values():
        monkeypatch.setattr(statement(), "_plans", {})
    if request.param == "by the ORM":
        monkeypatch.setattr(prepared, "sql", SimpleNamespace())
        monkeypatch.setattr(prepared._Query, "of", _moved)
    return request.param


def _moved(compiler):
    raise AttributeError("SQLCompiler has no attribute 'get_converters'")


# --- the names that are not promised ------------------------------------------------------------


@pytest.mark.parametrize("name", PRIVATE_NAMES)
def test_django_still_has(name):
    try:
        pkgutil.resolve_name(name)
    except (AttributeError, ImportError):
        pytest.fail(f"authkit.core.db.prepared uses {name}, which this Django does not have.")


def test_a_compiled_select_still_says_which_columns_make_which_instance():
    query = Session._base_manager.select_related("user").query
    compiler = query.get_compiler("default")
    compiler.as_sql()
    for name in ("select", "klass_info", "query"):
        assert hasattr(compiler, name), f"SQLCompiler has no {name!r}."
    info = compiler.klass_info
    assert {"model", "select_fields", "related_klass_infos"} <= set(info)
    assert hasattr(query, "alias_map"), "Query has no 'alias_map'."
    column = compiler.select[info["select_fields"][0]][0]
    assert column.target.attname == "id"


@pytest.mark.parametrize("name", STATEMENTS)
def test_on_this_django_it_is_prepared(name):
    assert STATEMENTS[name]().is_prepared()


# --- where they have moved ----------------------------------------------------------------------


@pytest.mark.parametrize("name", STATEMENTS)
def test_what_cannot_be_compiled_is_said_once(name, way, caplog):
    caplog.set_level(logging.WARNING, logger="authkit.prepared")
    statement = STATEMENTS[name]()
    answers = [statement.is_prepared(), statement.is_prepared()]
    if way == "prepared":
        assert (answers, caplog.messages) == ([True, True], [])
    else:
        assert answers == [False, False]
        assert caplog.messages == [f"A statement on {statement.model} is not prepared."]


def test_an_outage_while_it_is_compiled_is_an_outage(monkeypatch, session):
    def fail(alias):
        raise DatabaseError("gone")

    monkeypatch.setattr(sessions.sessions_by_id, "_plans", {})
    with monkeypatch.context() as patch:
        patch.setattr(connections, "create_connection", fail)
        with pytest.raises(DatabaseError, match="gone"):
            sessions.sessions_by_id.get(id=session.pk)
    assert sessions.sessions_by_id.get(id=session.pk) == session
    assert sessions.sessions_by_id.is_prepared()


def test_a_session_comes_with_its_user_in_one_query(way, session, user):
    sessions.sessions_by_id.is_prepared()
    with CaptureQueriesContext(connection) as queries:
        found = sessions.sessions_by_id.get(id=session.pk)
        assert (found, found.user) == (session, user)
    assert len(queries) == 1
    assert sessions.sessions_by_id.get(id=uuid4()) is None


def test_a_request_reads_the_columns_that_it_needs_and_others_when_used(way, client, user):
    access = client.pair(user)["access"]
    stored = Session.objects.get()
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {access}"})
    with CaptureQueriesContext(connection) as queries:
        session = JWTAuthentication().authenticate(request)[1].session
        assert (session.pk, session.amr, session.user) == (stored.pk, ["pwd"], user)
    assert len(queries) == 1
    assert {"ip", "created_at", "last_used_at"} < session.get_deferred_fields()
    assert all(getattr(session, name) == getattr(stored, name) for name in sessions.UNREAD)


def test_a_key_comes_with_its_owner_and_what_it_does_not_need_is_deferred(way, user):
    api_key, _ = APIKey.objects.create_key(name="job", owner=user)
    found = APIKey.objects.by_prefix.get(prefix=api_key.prefix)
    assert (found, found.owner) == (api_key, user)
    assert "slot" in found.get_deferred_fields()
    assert APIKey.objects.by_prefix.get(prefix="unknown") is None


def test_the_requests_of_a_session_and_a_key_are_answered(way, client, user, settings):
    settings.AUTHKIT = {"API_KEY_CACHE_SECONDS": 5}
    pair = client.pair(user)
    assert client.sessions(pair["access"]).status_code == 200
    again = client.refresh(pair["refresh"])
    assert again.status_code == 200
    assert client.revoke(again.json()["refresh"]).status_code == 204
    assert client.sessions(again.json()["access"]).status_code == 401
    assert client.log_in(user, "wrong").status_code == 401
    _, key = APIKey.objects.create_key(name="job", owner=user)
    assert [APIKey.objects.get_from_key(key).owner for _ in range(2)] == [user, user]


# --- INSERT -------------------------------------------------------------------------------------


def an_event(**changes):
    values = {"kind": "login_failed", "created_at": clock_now(), "facts": {"amr": ["pwd", None]}}
    return SecurityEvent(**values | {"ip": "2001:db8::1"} | changes)


def test_a_new_row_is_what_save_stores(way, user):
    ours = an_event(user=user, session_id=uuid4(), user_agent="' OR 1=1; -- 50 % %s \u20ac")
    theirs = SecurityEvent.objects.get(pk=_saved(ours))
    insertion.run(ours)
    assert (ours._state.adding, ours._state.db) == (False, theirs._state.db)
    ours.refresh_from_db()
    for field in SecurityEvent._meta.concrete_fields[1:]:
        assert getattr(ours, field.attname) == getattr(theirs, field.attname)


def _saved(event):
    columns = {f.attname: getattr(event, f.attname) for f in SecurityEvent._meta.concrete_fields}
    return SecurityEvent.objects.create(**columns | {"id": uuid4()}).pk


def test_a_row_is_inserted_once(way):
    event = an_event()
    insertion.run(event)
    with pytest.raises(IntegrityError), transaction.atomic():
        insertion.run(SecurityEvent(id=event.pk, kind="other", created_at=clock_now()))
    assert SecurityEvent.objects.get().kind == "login_failed"


# --- UPDATE -------------------------------------------------------------------------------------


def rows():
    return list(Session.objects.order_by("pk").values())


def rotate(session, **changes):
    now = clock.now()
    values = {
        "id": session.pk,
        "seen": session.generation,
        "now": now,
        "generation": session.generation + 1,
        "last_used_at": now,
        "rotated_from": "192.0.2.1",
        "idle_expires_at": session.idle_expires_at + timedelta(seconds=9),
    }
    return sessions.rotation.run(**values | changes)


def test_a_rotation_changes_one_row_once(way, session, clock):
    clock.shift(9)
    assert [rotate(session), rotate(session)] == [1, 0]
    assert list(Session.objects.order_by("generation").values_list("generation")) == [(0,), (1,)]
    before = session.idle_expires_at
    session.refresh_from_db()
    assert session.idle_expires_at == before + timedelta(seconds=9)


def test_a_rotation_leaves_alone_what_is_not_as_required(way, session):
    before = rows()
    assert rotate(session, id=uuid4()) == 0
    assert rotate(session, seen=7) == 0
    assert rotate(session, now=session.idle_expires_at) == 0
    assert rotate(session, now=session.absolute_expires_at) == 0
    assert rows() == before
    for column in ("revoked_at", "pending_until"):
        Session.objects.update(revoked_at=None, pending_until=None)
        Session.objects.update(**{column: clock.now()})
        assert rotate(session) == 0


def test_a_session_is_revoked_once(way, session):
    now = clock.now()
    values = {"id": session.pk, "now": now, "since": now}
    assert sessions.revocation.run(**values | {"since": session.idle_expires_at}) == 0
    assert [sessions.revocation.run(**values) for _ in range(2)] == [1, 0]
    assert Session.objects.filter(revoked_at=now).get() == session


def test_a_token_revokes_the_session_of_its_user_alone(way, session, user, make_user):
    now = clock.now()
    values = {"id": session.pk, "user": user.pk, "now": now, "since": now, "ends": now}
    run = sessions.revocation_by_token.run
    assert run(**values | {"user": make_user().pk}) == 0
    assert run(**values | {"id": uuid4()}) == 0
    assert run(**values | {"since": session.idle_expires_at}) == 0
    assert run(**values | {"ends": session.absolute_expires_at}) == 0
    assert [run(**values), run(**values)] == [1, 0]
    assert Session.objects.filter(revoked_at=now).get() == session


def test_null_can_be_assigned_and_is_equal_to_nothing(way, session):
    moment = models.DateTimeField()
    update = PreparedUpdate(
        Session,
        Q(id=Param("id", models.UUIDField()), pending_until=Param("seen", moment)),
        pending_until=Param("pending_until", moment),
    )
    now = clock.now()
    Session.objects.update(pending_until=now)
    assert update.run(id=session.pk, seen=None, pending_until=None) == 0
    assert update.run(id=session.pk, seen=now, pending_until=None) == 1
    assert update.run(id=session.pk, seen=None, pending_until=None) == 0
    session.refresh_from_db()
    assert session.pending_until is None


def test_an_update_to_the_same_values_counts_as_a_change(way, session):
    update = PreparedUpdate(Session, Q(id=Param("id", models.UUIDField())), methods="pwd")
    assert [update.run(id=session.pk) for _ in range(2)] == [1, 1]


def test_a_hostile_value_is_a_value(way, session):
    text = models.CharField()
    update = PreparedUpdate(
        Session,
        Q(id=Param("id", models.UUIDField()), methods=Param("methods", text)),
        user_agent=Param("user_agent", text),
    )
    evil = "' OR 1=1; --\\ 50 % %s %(id)s \u20ac"
    assert update.run(id=session.pk, methods=evil, user_agent=evil) == 0
    assert update.run(id=session.pk, methods="pwd", user_agent=evil) == 1
    assert Session.objects.filter(user_agent=evil).count() == 1


def test_a_constant_stays_what_it_was(way, session):
    update = PreparedUpdate(
        Session,
        Q(methods="pwd", generation__lt=2, idle_expires_at__gt=NOW),
        generation=F("generation") + 1,
        user_agent="100 % ours",
    )
    assert [update.run(now=clock.now()) for _ in range(3)] == [2, 2, 0]
    assert set(Session.objects.values_list("generation", "user_agent")) == {(2, "100 % ours")}


@pytest.mark.parametrize("name", ["rotation", "revocation"])
def test_an_update_is_compiled_once(name, session, monkeypatch):
    now = clock.now()
    values = {"seen": 9, "generation": 9, "rotated_from": ""}
    values |= {"last_used_at": now, "idle_expires_at": now, "since": now}
    statement = STATEMENTS[name]()
    assert statement.is_prepared()
    monkeypatch.delattr(SQLCompiler, "as_sql")
    assert statement.run(id=uuid4(), now=now, **values) == 0


# --- counting and summing -----------------------------------------------------------------------


def make(pk, account="a", place="p"):
    return PasswordAttempts.objects.create(id=pk, account=account, place=place, name="n")


def counts(pk):
    columns = ("failures", "window_failures", "last_attempt_at")
    return PasswordAttempts.objects.values_list(*columns).get(pk=pk)


def sums(account, place, since):
    moments = {"since": since, "latest": clock.latest()}
    return tuple(attempts.sums(1).get(account0=account, place0=place, **moments))


def test_an_attempt_is_counted_as_the_orm_counts(way, clock):
    counter = PreparedAttempt(PasswordAttempts, LIMITS)
    make("ours")
    make("theirs")
    for step in [0, 20, 0, 0, 41, 59, 0, 1, 60, 0, 0, 0, -3600, 3600, 86_400]:
        clock.shift(step)
        theirs = PasswordAttempts.objects.filter(pk="theirs")
        assert counter.count("ours", clock_now()) is count_attempt(theirs, LIMITS)
        assert counts("ours") == counts("theirs")


def test_a_row_that_is_not_there_is_not_counted(way):
    assert PreparedAttempt(PasswordAttempts, LIMITS).count("nothing", clock.now()) is False
    assert PasswordAttempts.objects.count() == 0


def test_a_success_forgives_one_row(way):
    for pk in ("ours", "theirs"):
        make(pk)
    PasswordAttempts.objects.update(failures=2, window_failures=1, last_attempt_at=clock.now())
    assert counters.forgiveness(1).run(id0="ours") == 1
    assert counts("ours") == (0, 0, None)
    assert counts("theirs")[:2] == (2, 1)


def test_sums_are_of_one_account_and_tell_places_and_windows_apart(way):
    start = clock.now()
    later = start + timedelta(seconds=30)
    for pk, place, began in [("1", "p", start), ("2", "p", start), ("3", "q", start)]:
        make(pk, place=place)
        PasswordAttempts.objects.filter(pk=pk).update(last_attempt_at=began)
    make("4", account="b")
    make("5")
    PasswordAttempts.objects.filter(pk="5").update(last_attempt_at=later)
    PasswordAttempts.objects.update(failures=1, window_failures=1)
    assert sums("a", "p", start - timedelta(seconds=1)) == (4, 3, 3, start)
    assert sums("a", "p", start) == (4, 3, 1, later)
    assert sums("a", "p", later) == (4, 3, 0, None)
    assert sums("unknown", "p", start) == (0, 0, 0, None)


def test_a_statement_that_is_prepared_while_another_runs_by_the_orm_keeps_its_parameters(session):
    with prepared._values({"id": uuid4()}):
        lookup = PreparedSelect(Session, Q(id=Param("id", models.UUIDField())), related="user")
        assert lookup.get(id=session.pk) == session
        row = PreparedRow(Session, lambda rows: rows.filter(user_agent=NOW).values_list("pk"))
        assert row.is_prepared()
