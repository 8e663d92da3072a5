"""Permissions that act while they are asked: no side effect leaves the sandbox."""

from __future__ import annotations

import asyncio
import logging
import smtplib
import socket
import subprocess
import sys
import threading
import types
import urllib.request
from contextlib import contextmanager
from contextvars import Context
from functools import wraps

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier, UnsafeProbe
from authkit.schema.sandbox import rollback
from authkit.schema.sandbox.guards import (
    LEAVING,
    BlockedConnection,
    BlockedStatement,
    Watch,
    _event,
    sandboxed,
    watching,
)
from authkit.schema.sandbox.rollback import _read_only, rolled_back
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.urls import path
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import AnonRateThrottle
from rest_framework.viewsets import ViewSet

from tests.schema.documents import (
    JWTView,
    audited_schema,
    fixed_schema,
    operation,
    plain_schema,
    route,
    view,
)
from tests.schema.projects.shapes import Detail

TIERS = pytest.mark.parametrize("tier", [Tier.T1, Tier.T2, Tier.T3, Tier.T4], ids=lambda t: t.label)

pytestmark = pytest.mark.usefixtures("mailers")


def decision_about(act, tier, **attributes):
    """Return the decision about an open view whose permission acts first."""

    def has_permission(self, request, view):
        act()
        return True

    acting = type("Acting", (BasePermission,), {"has_permission": has_permission})
    view_class = view(JWTView, permission_classes=[acting], **attributes)
    (audited,) = audited_schema(route(view_class), probe=Probe(tier)).operations
    return audited.decision


def create_group():
    Group.objects.create(name="written")


def create_in_savepoint():
    with transaction.atomic():
        create_group()


def create_durably():
    with transaction.atomic(durable=True):
        create_group()


def create_and_close():
    try:
        create_group()
    finally:
        close_connection_of_this_thread()


def close_connection_of_this_thread():
    connection.close()
    if connection.connection is not None:  # Django leaves one to a database in memory open
        connection.connection.close()


def create_in_thread():
    thread = threading.Thread(target=create_and_close)
    thread.start()
    thread.join()


def create_asynchronously():
    async_to_sync(Group.objects.acreate)(name="written")


def create_in_another_loop():
    asyncio.run(sync_to_async(create_and_close, thread_sensitive=False)())


def create_by_the_drivers_cursor():
    connection.ensure_connection()
    connection.connection.cursor().execute("INSERT INTO auth_group (name) VALUES ('written')")


def create_after_commit():
    transaction.on_commit(create_group)


def change_rows():
    Group.objects.update(name="written")


def delete_rows():
    Group.objects.all().delete()


WRITES = [
    create_group,
    create_in_savepoint,
    create_durably,
    create_asynchronously,
    create_by_the_drivers_cursor,
    create_after_commit,
    change_rows,
    delete_rows,
]


@pytest.mark.django_db
@TIERS
@pytest.mark.parametrize("write", WRITES)
def test_nothing_is_written(tier, write, django_capture_on_commit_callbacks):
    Group.objects.create(name="before")
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        decision_about(write, tier)
    assert callbacks == []
    assert list(Group.objects.values_list("name", flat=True)) == ["before"]


@pytest.mark.django_db
@pytest.mark.parametrize("write", [create_in_thread, create_in_another_loop])
def test_what_a_thread_writes_is_refused_as_well(write):
    refused = []
    with sandboxed(), watching(reads=True) as watch:
        threading.excepthook, before = lambda failed: refused.append(failed), threading.excepthook
        try:
            write()
        except BlockedStatement:
            refused.append(write)
        finally:
            threading.excepthook = before
    assert len(refused) == 1
    table = connection.ops.quote_name("auth_group")
    (attempt,) = watch.attempts
    assert attempt.startswith(f"writes to the database (INSERT INTO {table}) in create_and_close (")


@pytest.mark.django_db
def test_what_was_attempted_is_told():
    decision = decision_about(create_group, Tier.T2)
    assert decision.state is State.UNDECIDED
    assert decision.attempts[0].startswith("writes to the database (INSERT INTO")


@pytest.mark.django_db
def test_a_permission_that_survives_the_refusal_is_decided_and_told():
    def careful():
        try:
            create_group()
        except Exception:
            logging.getLogger("shop").warning("not counted")

    decision = decision_about(careful, Tier.T2)
    assert decision.state is State.OPTIONAL
    assert len(decision.attempts) == 1


def open_socket():
    socket.create_connection(("127.0.0.1", 9))


def send_datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"secret", ("127.0.0.1", 9))


def look_up_a_name():
    socket.getaddrinfo("authkit.example", 80)


def fetch():
    urllib.request.urlopen("http://127.0.0.1:9/")


def send_by_smtp():
    smtplib.SMTP("127.0.0.1", 9)


def start_a_program():
    subprocess.run(["true"], check=True)


def send_a_mail():
    mail.send_mail("Hello", "", None, ["anna@example.com"])


def send_many_mails():
    mail.send_mass_mail([("Hello", "", None, ["anna@example.com"])])


@pytest.mark.django_db
@TIERS
@pytest.mark.parametrize(
    "reach",
    [open_socket, send_datagram, look_up_a_name, fetch, send_by_smtp, start_a_program, send_a_mail],
)
def test_no_side_effect_leaves_the_sandbox(tier, reach):
    decision = decision_about(reach, tier)
    assert decision.state is State.UNDECIDED
    assert decision.attempts
    assert mail.outbox == []


def cannot_be_reached():
    """Ask a service as permissions do, and return whether it did not answer."""
    try:
        open_socket()
    except OSError:
        return True
    raise NotImplementedError


class FailsOpen(BasePermission):
    def has_permission(self, request, view):
        return cannot_be_reached()


class FailsClosed(BasePermission):
    def has_permission(self, request, view):
        return not cannot_be_reached()


class FailsClosedForObjects(BasePermission):
    def has_object_permission(self, request, view, obj):
        return not cannot_be_reached()


def decision_by(tier, *permission_classes, at="thing/", base=JWTView):
    asking = view(base, permission_classes=list(permission_classes))
    (audited,) = audited_schema(route(asking, at), probe=Probe(tier)).operations
    return audited.decision


class TestWhatIsSaidForWantOfAnother:
    """A service that is refused here answers the live server, and may answer anything."""

    pytestmark = pytest.mark.django_db

    @TIERS
    @pytest.mark.parametrize("permission", [FailsOpen, FailsClosed])
    def test_is_not_believed(self, tier, permission):
        decision = decision_by(tier, permission)
        assert decision.state is State.UNDECIDED
        assert decision.reason.startswith("a permission or an authenticator reaches out (socket.")
        assert decision.attempts

    def test_is_not_written_by_the_hook(self):
        asking = route(view(permission_classes=[FailsOpen]))
        plain, fixed = plain_schema(asking), fixed_schema(asking)
        assert operation(fixed) == operation(plain)

    def test_is_not_believed_of_an_object(self):
        Group.objects.create(name="first")
        decision = decision_by(Tier.T3, FailsClosedForObjects, at="thing/<int:pk>/", base=Detail)
        assert decision.state is State.UNDECIDED
        assert "reaches out" in decision.reason

    @TIERS
    def test_leaves_what_another_permission_refused_before(self, tier):
        decision = decision_by(tier, IsAuthenticated, FailsClosed)
        assert (decision.state, decision.refusal) == (State.SECURED, 401)
        assert len(decision.alternatives) == 1

    @pytest.mark.parametrize("tier", [Tier.T1, Tier.T2])
    def test_is_not_believed_of_a_decorator(self, tier):
        def asking(callback):
            @wraps(callback)
            def ask(request, *args, **kwargs):
                return HttpResponse(status=403 if cannot_be_reached() else 200)

            return ask

        decorated = path("thing/", asking(view(permission_classes=[AllowAny]).as_view()))
        (audited,) = audited_schema(decorated, probe=Probe(tier)).operations
        assert audited.decision.state is State.UNDECIDED
        assert "what stands before the permissions reaches out" in audited.decision.reason

    def test_is_not_believed_of_a_handler(self):
        class Asking(JWTView):
            permission_classes = [AllowAny]

            def get(self, request):
                return Response(status=403 if cannot_be_reached() else 200)

        (audited,) = audited_schema(route(Asking), probe=Probe(Tier.T4)).operations
        assert (audited.decision.state, audited.decision.tier) == (State.OPTIONAL, Tier.T2)


@pytest.mark.django_db
@TIERS
def test_no_bundle_of_mails_is_sent(tier):
    decision_about(send_many_mails, tier)
    assert mail.outbox == []


@pytest.mark.django_db
@TIERS
def test_no_task_is_queued(tier, monkeypatch):
    queued = []

    class Task:
        def delay(self):
            self.apply_async()

        def apply_async(self):
            queued.append(self)  # pragma: no cover (this is the point of the test)

    module = types.ModuleType("celery.app.task")
    module.Task = Task
    monkeypatch.setitem(sys.modules, "celery.app.task", module)
    decision = decision_about(lambda: Task().delay(), tier)
    (attempt,) = decision.attempts
    assert attempt.startswith("queues a task in decision_about.<locals>.has_permission (")
    assert queued == []


@pytest.mark.django_db
@TIERS
def test_the_cache_is_neither_read_nor_written(tier):
    cache.set("tries", 1)
    seen = []
    decision = decision_about(
        lambda: (seen.append(cache.get("tries")), cache.set("tries", 2)), tier
    )
    assert decision.state is State.OPTIONAL
    assert set(seen) == {None}
    assert cache.get("tries") == 1


@pytest.mark.django_db
@TIERS
def test_throttles_do_not_count(tier):
    class Counting(AnonRateThrottle):
        rate = "1/day"

        def allow_request(self, request, view):
            raise AssertionError  # pragma: no cover (this is the point of the test)

    decision = decision_about(lambda: None, tier, throttle_classes=[Counting])
    assert decision.state is State.OPTIONAL


@pytest.mark.django_db
@pytest.mark.parametrize("tier", [Tier.T1, Tier.T2, Tier.T3])
def test_no_handler_is_run(tier):
    run = []

    class Trap(JWTView):
        authentication_classes = []
        permission_classes = [AllowAny]

        def get(self, request):
            run.append(request)  # pragma: no cover (this is the point of the test)

        def handle_exception(self, exc):
            run.append(exc)  # pragma: no cover (nor is the end of the request an exception of its)

        def finalize_response(self, *args, **kwargs):
            run.append(args)  # pragma: no cover (it has no response)

    (audited,) = audited_schema(route(Trap), probe=Probe(tier)).operations
    assert audited.decision.state is State.PUBLIC
    assert run == []


class Counted(JWTView):
    """Remembers which of its handlers were run."""

    authentication_classes = []
    permission_classes = [AllowAny]
    run = []

    def get(self, request):
        self.run.append(self)
        return Response({})


class Older(Counted):
    pass


class PicksAView(Counted):
    def dispatch(self, request, *args, **kwargs):
        return Older.as_view()(request, *args, **kwargs)


class CallsItsHandler(Counted):
    """Its ``dispatch()`` asks the permissions, and never calls ``initial()``."""

    def dispatch(self, request, *args, **kwargs):
        self.args, self.kwargs, self.headers = args, kwargs, {}
        self.request = self.initialize_request(request, *args, **kwargs)
        self.check_permissions(self.request)
        answer = getattr(self, getattr(self, "action", None) or request.method.lower())
        return self.finalize_response(self.request, answer(self.request))


class CallsItsAction(CallsItsHandler, ViewSet):
    def list(self, request):
        return super().get(request)


@wraps(Counted.as_view())
def picks_a_callback(request):
    return Older.as_view()(request)


def misrouted(callback, tier):
    (audited,) = audited_schema(path("thing/", callback), probe=Probe(tier)).operations
    assert audited.decision.state is State.UNDECIDED
    return audited.decision.reason.removeprefix("/thing/ ")


BY_ANOTHER_VIEW = "is answered by another view (tests.schema.sandbox.test_sandbox.Older)"
WITHOUT_INITIAL = "comes to the handler without initial()"
ASTRAY = {
    "dispatch() of another view": (PicksAView.as_view(), BY_ANOTHER_VIEW),
    "a wrapper of another view": (picks_a_callback, BY_ANOTHER_VIEW),
    "a handler without initial()": (CallsItsHandler.as_view(), WITHOUT_INITIAL),
    "an action without initial()": (CallsItsAction.as_view({"get": "list"}), WITHOUT_INITIAL),
}


@pytest.mark.django_db
@pytest.mark.parametrize("tier", [Tier.T1, Tier.T2, Tier.T3], ids=lambda tier: tier.label)
@pytest.mark.parametrize(("callback", "reason"), ASTRAY.values(), ids=ASTRAY)
def test_no_handler_is_run_on_another_way(callback, reason, tier):
    Counted.run.clear()
    assert misrouted(callback, tier) == reason
    assert Counted.run == []
    assert callback(APIRequestFactory().get("/thing/")).status_code == 200
    assert len(Counted.run) == 1


@pytest.mark.django_db
def test_requests_of_others_reach_their_handlers_meanwhile():
    Counted.run.clear()
    answers = []
    others = [Older]

    def another_context():
        request = APIRequestFactory().get("/thing/")
        while others:
            answers.append(others.pop().as_view()(request).status_code)

    class Meanwhile(CallsItsHandler):
        def check_permissions(self, request):
            # In a context of its own, as a thread of the server has it.
            Context().run(another_context)
            super().check_permissions(request)

    others.append(Meanwhile)

    assert misrouted(Meanwhile.as_view(), Tier.T1) == WITHOUT_INITIAL
    assert answers == [200, 200]


@pytest.mark.django_db
def test_what_a_decorator_left_on_a_handler_is_there_for_permissions():
    def wanted(view):
        return getattr(view, view.request.method.lower()).wanted

    class AsWanted(BasePermission):
        def has_permission(self, request, view):
            return request.user.is_authenticated or wanted(view) == "nothing"

    class Wanting(JWTView):
        permission_classes = [AsWanted]

        def get(self, request):
            raise NotImplementedError

        get.wanted = "nothing"

    (audited,) = audited_schema(route(Wanting), probe=Probe(Tier.T2)).operations
    assert audited.decision.state is State.OPTIONAL


@pytest.mark.django_db
def test_a_handler_at_t4_can_write_nothing():
    class Writing(JWTView):
        permission_classes = [AllowAny]

        def get(self, request):
            create_group()
            return Response({})  # pragma: no cover (the database refuses)

    (audited,) = audited_schema(route(Writing), probe=Probe(Tier.T4)).operations
    assert audited.decision.attempts
    # A handler that is stopped has refused no caller: what was decided before it stands.
    assert (audited.decision.state, audited.decision.tier) == (State.OPTIONAL, Tier.T2)
    assert not Group.objects.exists()


@pytest.mark.django_db
def test_no_unsafe_handler_is_run_at_t4():
    run = []

    class Writing(JWTView):
        permission_classes = [AllowAny]
        http_method_names = ["post", "delete"]

        def post(self, request):
            run.append(request)  # pragma: no cover (this is the point of the test)

        delete = post

    for audited in audited_schema(route(Writing), probe=Probe(Tier.T4)).operations:
        assert audited.decision.tier is Tier.T2
    assert run == []


@pytest.mark.django_db
@TIERS
def test_no_credential_is_sent(tier):
    seen = []

    class Looking(BaseAuthentication):
        def authenticate(self, request):
            seen.append({**request.META, **request.COOKIES})
            assert request.data == {}

    class Looked(JWTView):
        authentication_classes = [Looking]
        permission_classes = [AllowAny]
        http_method_names = ["post"]

        def post(self, request):
            raise NotImplementedError

    (audited,) = audited_schema(route(Looked), probe=Probe(tier)).operations
    assert audited.decision.state is State.OPTIONAL
    sent = {name for request in seen for name, value in request.items() if value}
    names = {name for name in sent if name.startswith("HTTP_")}
    assert names <= {"HTTP_ACCEPT", "HTTP_HOST"}
    assert {request["REMOTE_ADDR"] for request in seen} == {"192.0.2.1"}


@pytest.mark.django_db
def test_other_threads_go_on_as_before():
    written = []

    def write_elsewhere():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("127.0.0.1", 9))
        cache.set("elsewhere", 1)
        written.append(cache.get("elsewhere"))

    ready, done = threading.Event(), threading.Event()

    def wait_and_write():
        ready.wait(10)
        write_elsewhere()
        done.set()

    thread = threading.Thread(target=wait_and_write)
    thread.start()

    def meanwhile():
        ready.set()
        assert done.wait(10)

    assert decision_about(meanwhile, Tier.T1).state is State.OPTIONAL
    thread.join()
    assert written[0] == 1


@pytest.mark.django_db
def test_everything_is_as_before_afterwards(settings):
    names = [(threading.Thread, "start"), (mail.EmailMessage, "send"), (JWTView, "initial")]
    before = [getattr(owner, name) for owner, name in names]
    wanted = (settings.SESSION_ENGINE, settings.STORAGES, settings.ALLOWED_HOSTS)
    decision_about(create_group, Tier.T4)
    assert [getattr(owner, name) for owner, name in names] == before
    assert "initial" not in vars(JWTView)
    assert wanted == (settings.SESSION_ENGINE, settings.STORAGES, settings.ALLOWED_HOSTS)
    assert logging.root.manager.disable == logging.NOTSET
    create_group()
    send_a_mail()
    assert len(mail.outbox) == 1
    with transaction.atomic():
        Group.objects.update(name="changed")
    assert Group.objects.get().name == "changed"


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO a VALUES (1)",
        " update a set b = 1",
        "DELETE FROM a",
        "WITH x AS (SELECT 1) DELETE FROM a",
        "WITH x AS (INSERT INTO a VALUES (1) RETURNING b) SELECT * FROM x",
        "SELECT * INTO b FROM a",
        "SELECT 1; DROP TABLE a",
        "COMMIT",
        "PRAGMA query_only = OFF",
        "SET TRANSACTION READ WRITE",
        "CALL forget_everybody",
        "EXECUTE plan",
        "/* SELECT */ TRUNCATE a",
    ],
)
def test_statements_that_write_are_known(sql):
    watch = Watch(reads=True)
    with pytest.raises(BlockedStatement):
        watch.statement(sql)
    assert len(watch.attempts) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "(SELECT 1) UNION (SELECT 2)",
        "SELECT * FROM a FOR UPDATE",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "SAVEPOINT s1",
        "RELEASE SAVEPOINT s1",
        "ROLLBACK TO SAVEPOINT s1",
        'SELECT "deleted", "update" FROM a WHERE b = %s;',
    ],
)
def test_statements_that_read_are_known(sql):
    watch = Watch(reads=True)
    watch.statement(sql)
    assert (watch.asked, watch.attempts) == (False, [])


class TestTheDatabase:
    @pytest.mark.django_db
    def test_is_read_without_asking_if_it_is_made_for_tests(self):
        assert Probe().resolved() is Tier.T3
        assert Probe(Tier.T4).resolved() is Tier.T4

    def test_is_left_alone_if_it_cannot_be_reached(self):
        assert Probe().resolved() is Tier.T1

    @pytest.fixture
    def vendor(self):
        return "oracle"

    @pytest.fixture
    def production(self, monkeypatch, vendor):
        monkeypatch.setattr(connection, "vendor", vendor)
        monkeypatch.setitem(connection.settings_dict, "NAME", "shop")
        monkeypatch.setitem(connection.settings_dict, "TEST", {})

    @pytest.mark.django_db
    @pytest.mark.usefixtures("production")
    def test_of_a_production_project_is_not_read_unless_it_is_allowed(self):
        assert Probe().resolved() is Tier.T1
        assert Probe(Tier.T1).resolved() is Tier.T1
        for tier in (Tier.T2, Tier.T3, Tier.T4):
            with pytest.raises(UnsafeProbe, match="say --allow-any-database"):
                Probe(tier).resolved()
            assert Probe(tier, allow_any_database=True).resolved() is tier
        assert Probe(allow_any_database=True).resolved() is Tier.T3

    @pytest.mark.django_db
    @pytest.mark.usefixtures("production")
    @pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
    def test_of_a_production_project_is_read_if_it_refuses_writes_by_itself(self, vendor):
        assert Probe().resolved() is Tier.T3
        assert Probe(Tier.T2).resolved() is Tier.T2

    @pytest.mark.django_db
    @pytest.mark.usefixtures("production")
    @pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
    def test_of_a_production_project_gets_no_handler_unless_it_is_allowed(self, vendor):
        with pytest.raises(UnsafeProbe, match="T4 runs handlers on the database default"):
            Probe(Tier.T4).resolved()
        assert Probe(Tier.T4, allow_any_database=True).resolved() is Tier.T4


class TestTheWatch:
    """What the guards do, one by one: some of them no database of the tests calls."""

    @pytest.mark.parametrize("reads", [True, False])
    @pytest.mark.parametrize(
        "sql",
        [
            "INSERT INTO a VALUES (1)",
            "WITH one AS (SELECT 1) DELETE FROM a",
            "SELECT 1 INTO a",
            "SELECT 1; DROP TABLE a",
            "CALL procedure",
        ],
    )
    def test_lets_no_statement_write(self, sql, reads):
        watch = Watch(reads=reads)
        with pytest.raises(BlockedStatement):
            watch.statement(sql)
        assert watch.asked
        assert watch.attempts == [f"writes to the database ({' '.join(sql.split()[:3])})"]

    def test_lets_a_statement_read_where_that_is_allowed(self):
        watch = Watch(reads=True)
        watch.statement("SELECT 1")
        assert (watch.asked, watch.attempts) == (False, [])

    def test_remembers_that_a_statement_tried_to_read_where_that_is_not(self):
        watch = Watch(reads=False)
        with pytest.raises(BlockedStatement):
            watch.statement("SELECT 1")
        assert (watch.asked, watch.attempts) == (True, [])

    @pytest.mark.django_db
    def test_lets_no_procedure_be_called(self):
        with (
            sandboxed(),
            watching(reads=True) as watch,
            connection.cursor() as cursor,
            pytest.raises(BlockedStatement),
        ):
            cursor.callproc("empty_the_shop")
        assert watch.attempts == ["writes to the database (CALL empty_the_shop)"]

    @pytest.mark.parametrize("event", sorted(LEAVING))
    def test_lets_no_event_reach_out(self, event):
        # Python traces no audit hook, so the one that it calls is called here.
        with watching() as watch, pytest.raises(BlockedConnection):
            _event(event, ())
        assert watch.attempts == [f"reaches out ({event})"]

    @pytest.mark.parametrize("event", ["open", "compile", "socket.gethostname"])
    def test_lets_other_events_pass(self, event):
        with watching() as watch:
            _event(event, ())
        assert watch.attempts == []

    def test_lets_everything_pass_outside_of_a_probe(self):
        _event("socket.connect", ())


class FakeConnection:
    """As much of a connection as is looked at."""

    def __init__(self, vendor, error=None):
        self.vendor, self.error, self.said = vendor, error, []

    def ensure_connection(self):
        if self.error:
            raise self.error

    @contextmanager
    def cursor(self):
        yield self

    def execute(self, sql):
        self.said.append(sql)


class TestTheTransaction:
    def test_is_not_opened_on_a_database_that_is_not_there(self, monkeypatch):
        absent = FakeConnection("postgresql", OperationalError("no server"))
        monkeypatch.setattr(rollback, "connections", {"default": absent})
        with rolled_back():
            pass
        assert absent.said == []

    @pytest.mark.parametrize(
        ("vendor", "said"),
        [
            ("postgresql", ["SET TRANSACTION READ ONLY", f"SAVEPOINT {rollback.SAVEPOINT}"]),
            ("mysql", []),
        ],
    )
    def test_is_read_only_where_there_is_such_a_thing(self, vendor, said):
        one = FakeConnection(vendor)
        with _read_only(one):
            assert one.said == said
        assert one.said == said
