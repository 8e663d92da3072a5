"""T-2FA-08: whatever statement the database fails at, nothing is given out, and it is 503."""

from functools import partial
from itertools import count

import pytest
from authkit.models import RecoveryCode, TOTPDevice
from django.db import (
    IntegrityError,
    OperationalError,
    ProgrammingError,
    close_old_connections,
    connection,
)
from rest_framework.response import Response

from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.database.outages import connection_number, end_connection, read_only
from tests.factors.answers import assert_code_refused
from tests.factors.calls import (
    challenge,
    complete,
    confirm,
    disable,
    log_in_with,
    new_recovery_codes,
    reauthenticate,
    set_up,
    state,
)
from tests.factors.phone import Phone
from tests.sessions.answers import assert_refused
from tests.sessions.crowd import Crowd

pytestmark = pytest.mark.django_db(transaction=True)

SERVICE_UNAVAILABLE = {
    "detail": "The service is unavailable at present. Try again later.",
    "code": "service_unavailable",
}
NEW_PASSWORD = "another correct horse"


class Down:
    """A database that does so many statements more, and then none."""

    def __init__(self, statements, error=OperationalError):
        self.left, self.error = statements, error

    def __call__(self, execute, *args):
        self.left -= 1
        if self.left < 0:
            raise self.error("the database is gone, and the code was 123456")
        return execute(*args)


def by_challenge(owner):
    waiting, code = challenge(Client(), owner.user), owner.phone.fresh_code()
    return lambda client: complete(client, waiting, code)


def by_recovery_code(owner):
    waiting = challenge(Client(), owner.user)
    code = renewed(owner)[0]
    return lambda client: complete(client, waiting, code)


def by_otp(owner):
    code = owner.phone.fresh_code()
    return lambda client: log_in_with(client, owner.user, code)


def by_password(owner):
    return lambda client: client.log_in(owner.user)


def proof(owner):
    code = owner.phone.fresh_code()
    return lambda client: reauthenticate(client, owner.access, password=PASSWORD, code=code)


def refresh(owner):
    pair = log_in_with(Client(), owner.user, owner.phone.fresh_code()).json()
    return lambda client: client.refresh(pair["refresh"])


def log_out(owner):
    pair = log_in_with(Client(), owner.user, owner.phone.fresh_code()).json()
    return lambda client: client.revoke(pair["refresh"])


def the_list(owner):
    return lambda client: client.sessions(owner.access)


def everywhere(owner):
    return lambda client: client.delete(AUTH + "sessions/", **bearer(owner.access))


def the_state(owner):
    return lambda client: state(client, owner.access)


def another_set_up(owner):
    return lambda client: set_up(client, owner.access, owner.recovery_codes[-1])


def another_app(owner):
    phone = Phone(set_up(Client(), owner.access, owner.recovery_codes[-1]).json()["secret"])
    return lambda client: confirm(client, owner.access, phone.code())


def new_codes(owner):
    code = owner.phone.fresh_code()
    return lambda client: new_recovery_codes(client, owner.access, code)


def turning_it_off(owner):
    code = owner.phone.fresh_code()
    return lambda client: disable(client, owner.access, code)


def new_password(owner):
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    return lambda client: client.post(AUTH + "password/change/", body, **bearer(owner.access))


def renewed(owner):
    code = owner.phone.fresh_code()
    return new_recovery_codes(Client(), owner.access, code).json()["recovery_codes"]


CALLS = [
    by_challenge,
    by_recovery_code,
    by_otp,
    by_password,
    proof,
    refresh,
    log_out,
    the_list,
    everywhere,
    the_state,
    another_set_up,
    another_app,
    new_codes,
    turning_it_off,
    new_password,
]


def assert_unavailable(answer):
    assert_refused(answer, SERVICE_UNAVAILABLE, status=503, challenge=None)
    assert answer["Retry-After"] == "5"


def run_dry(prepare, owners):
    """Make a call on a database that fails at its first statement, at its second, and so on.

    Return the answer of the call that needed none of those that failed, and their number.
    """
    for statements in count():
        owner = next(owners)
        call = prepare(owner)
        with connection.execute_wrapper(Down(statements)):
            answer = call(Client())
        if answer.status_code < 300:
            return answer, statements
        assert_unavailable(answer)
        assert_whole(owner)
    raise AssertionError


def assert_whole(owner):
    """The factor is on, codes and all, or off; and the log-in asks for it where it is on."""
    devices = TOTPDevice.objects.filter(user=owner.user, confirmed=True).count()
    codes = RecoveryCode.objects.filter(user=owner.user).count()
    assert (devices, codes) in ((1, 10), (1, 9), (0, 0))
    assert Client().log_in(owner.user).status_code == (202 if devices else 200)


@pytest.fixture
def owners(enrol, make_user):
    return (enrol(make_user()) for _ in count())


@pytest.mark.slow
@pytest.mark.parametrize("prepare", CALLS, ids=lambda call: call.__name__)
def test_whatever_statement_fails_it_is_503_and_nothing_is_given_out(prepare, owners):
    answer, statements = run_dry(prepare, owners)
    assert statements >= 1
    assert answer.status_code in (200, 201, 202, 204)


@pytest.mark.slow
@pytest.mark.parametrize("prepare", [by_otp, another_app, refresh], ids=lambda call: call.__name__)
def test_it_is_the_same_under_atomic_requests(prepare, owners, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    assert run_dry(prepare, owners)[1] >= 1


def test_a_code_that_was_not_looked_at_works_when_the_database_is_back(client, owner):
    code = owner.phone.fresh_code()
    with connection.execute_wrapper(Down(0)):
        assert_unavailable(log_in_with(client, owner.user, code))
    assert log_in_with(client, owner.user, code).status_code == 200
    assert_code_refused(log_in_with(client, owner.user, code))


def test_the_log_has_the_cause_and_the_answer_has_not(client, owner, caplog):
    with connection.execute_wrapper(Down(0)):
        answer = client.log_in(owner.user)
    assert b"gone" not in answer.content
    [line] = [record for record in caplog.records if record.name == "authkit.database"]
    cause = "OperationalError: the database is gone, and the code was 123456"
    assert line.getMessage() == f"The database failed; answered 503. {cause}"
    assert (line.levelname, line.exc_info) == ("ERROR", None)


@pytest.mark.parametrize("error", [IntegrityError, ProgrammingError])
def test_a_fault_of_the_program_stays_loud(client, owner, error):
    with (
        connection.execute_wrapper(Down(2, error)),
        pytest.raises(error),
    ):
        client.log_in(owner.user)
    client.raise_request_exception = False
    with connection.execute_wrapper(Down(2, error)):
        assert client.log_in(owner.user).status_code == 500


def test_a_projects_own_handler_formats_it(client, owner, settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {
        "EXCEPTION_HANDLER": "tests.factors.test_outages.shout"
    }
    with connection.execute_wrapper(Down(0)):
        answer = client.log_in(owner.user)
    assert (answer.status_code, answer.json()) == (503, {"problem": "service_unavailable"})
    assert answer["Retry-After"] == "5"


def shout(exc, context):
    return Response({"problem": exc.get_codes()}, exc.status_code)


@pytest.mark.concurrency
def test_a_connection_that_the_server_ends_is_503_once(client, owner):
    """As a server would notice it: the next request has a connection of its own again."""
    number = connection_number()
    with Crowd(1) as crowd:
        crowd.at_once([partial(end_connection, number)])
    assert_unavailable(client.sessions(owner.access))
    close_old_connections()
    assert client.sessions(owner.access).status_code == 200


@pytest.mark.concurrency
def test_a_database_that_has_become_read_only_is_503(client, owner):
    """After a failover, say. What only reads goes on; no attempt goes uncounted."""
    code = owner.phone.fresh_code()
    with read_only():
        assert client.sessions(owner.access).status_code == 200
        assert_unavailable(log_in_with(client, owner.user, code))
        assert_unavailable(client.refresh(owner.pair["refresh"]))
        assert_unavailable(set_up(client, owner.access, owner.recovery_codes[-1]))
    assert log_in_with(client, owner.user, code).status_code == 200
