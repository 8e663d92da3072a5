"""What a code costs in statements. Counted, never timed."""

import pytest
from authkit.factors.flows import verify_code
from authkit.models import CodeAttempts
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factors.answers import assert_too_many
from tests.factors.calls import (
    challenge,
    complete,
    log_in_with,
    reauthenticate,
    set_up,
    state,
)

pytestmark = pytest.mark.django_db


def counts(sql):
    return "WEIGHT_STRING" not in sql and "COLLATION_NAME" not in sql  # asked of MySQL alone


@pytest.fixture
def statements():
    """A function that runs something and returns the first words of its statements."""

    def run(call, *args, **kwargs):
        with CaptureQueriesContext(connection) as queries:
            answer = call(*args, **kwargs)
        return answer, words_of(queries)

    return run


def words_of(queries):
    words = [sql.split()[0] for sql in (query["sql"] for query in queries) if counts(sql)]
    return [word for word in words if word not in ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")]


def test_a_code_of_the_app_costs_five(owner, statements):
    _, words = statements(verify_code, owner.user, owner.phone.fresh_code())
    # the device; the account counts the code; then in one transaction: the user is locked; the
    # device spends the code; the account forgives
    assert words == ["SELECT", "UPDATE", "UPDATE", "UPDATE", "UPDATE"]


def test_the_first_code_of_an_account_costs_two_more(owner, statements):
    CodeAttempts.objects.all().delete()
    _, words = statements(verify_code, owner.user, owner.phone.fresh_code())
    assert words == ["SELECT", "UPDATE", "SELECT", "INSERT", "UPDATE", "UPDATE", "UPDATE"]


def test_a_wrong_code_costs_four(owner, statements):
    with pytest.raises(Exception, match="not valid"):
        statements(verify_code, owner.user, owner.phone.wrong_code())
    with CaptureQueriesContext(connection) as queries, pytest.raises(Exception, match="not valid"):
        verify_code(owner.user, owner.phone.wrong_code())
    assert words_of(queries) == ["SELECT", "UPDATE", "UPDATE", "INSERT"]


def test_a_recovery_code_costs_seven(owner, statements):
    _, words = statements(verify_code, owner.user, owner.recovery_codes[0])
    assert words == ["SELECT", "UPDATE", "UPDATE", "DELETE", "UPDATE", "INSERT", "SELECT"]


def test_an_attempt_beyond_the_limit_costs_no_comparison(client, owner, comparisons, statements):
    CodeAttempts.objects.update(failures=99)
    for _ in range(11):
        answer, words = statements(reauthenticate, client, owner.access, code="000000")
    assert answer.status_code == 423
    assert comparisons.count == 1
    assert len(words) <= 8


def test_the_first_step_of_a_log_in_costs_seven_and_the_second_eleven(client, owner, statements):
    answer, words = statements(client.log_in, owner.user)
    assert answer.status_code == 202
    # the password is counted, judged and taken back (four)
    assert words[:4] == ["UPDATE", "SELECT", "SELECT", "UPDATE"]
    # the user is locked; do they have a factor; the session is written, and waits
    assert words[4:] == ["UPDATE", "SELECT", "INSERT"]
    waiting = answer.json()["challenge"]

    answer, words = statements(complete, client, waiting, owner.phone.fresh_code())
    assert answer.status_code == 200
    # the session; its try; the code (five); the session is complete; the network is known;
    # last_login; the event
    code = ["SELECT", "UPDATE", "UPDATE", "UPDATE", "UPDATE"]
    assert words == ["SELECT", "UPDATE", *code, "UPDATE", "UPDATE", "UPDATE", "INSERT"]


def test_a_bad_challenge_costs_one_at_most(client, owner, statements):
    waiting = challenge(client, owner.user)
    complete(client, waiting, owner.phone.fresh_code())
    for text, cost in ((waiting, 1), ("x", 0), (owner.access, 0)):
        _, words = statements(complete, client, text, "000000")
        assert len(words) == cost


def test_the_code_in_the_first_request_costs_fifteen(client, owner, statements):
    answer, words = statements(log_in_with, client, owner.user, owner.phone.fresh_code())
    assert answer.status_code == 200
    # the password; do they have a factor; the code (five); the session is written, and complete;
    # the network is known; last_login; the event
    password = ["UPDATE", "SELECT", "SELECT", "UPDATE"]
    code = ["SELECT", "UPDATE", "UPDATE", "UPDATE", "UPDATE"]
    assert words == [*password, "SELECT", *code, "INSERT", "UPDATE", "UPDATE", "INSERT"]


def test_a_new_proof_costs_eight(client, owner, statements):
    code = owner.phone.fresh_code()
    answer, words = statements(reauthenticate, client, owner.access, code=code)
    assert answer.status_code == 200
    # the session and its user; does the user have a factor; the code (five); the event
    code = ["SELECT", "UPDATE", "UPDATE", "UPDATE", "UPDATE"]
    assert words == ["SELECT", "SELECT", *code, "INSERT"]


def test_the_state_costs_two_beside_the_session(client, owner, statements):
    _, words = statements(state, client, owner.access)
    assert words == ["SELECT"] * 3


def test_a_set_up_costs_seven_and_six_where_another_was_waiting(client, user, statements):
    access = client.pair(user)["access"]
    # The session; whether the address is proved, and the session after that; the factors.
    asked = ["SELECT"] * 5
    _, words = statements(set_up, client, access)
    assert words == [*asked, "UPDATE", "INSERT"]
    _, words = statements(set_up, client, access)
    assert words == [*asked, "UPDATE"]


def test_a_refusal_for_too_many_costs_the_same_each_time(client, owner, statements):
    for number in range(10):
        reauthenticate(client, owner.access, code=owner.phone.wrong_code(number))
    costs = set()
    for _ in range(3):
        answer, words = statements(reauthenticate, client, owner.access, code="000000")
        assert_too_many(answer)
        costs.add(tuple(words))
    assert len(costs) == 1
