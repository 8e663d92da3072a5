"""Deleting one's account: with the password, a code where there is a factor, and for good."""

import json

import pytest
from authkit.models import (
    APIKey,
    PasswordAttempts,
    RecoveryCode,
    SecurityEvent,
    Session,
    TOTPDevice,
)
from authkit.signals import account_deleted
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db.models import DO_NOTHING, PROTECT, RESTRICT

from tests.conftest import AUTH, PASSWORD, bearer
from tests.database.statements import at_statement
from tests.sessions.answers import (
    CHALLENGE,
    INVALID_CREDENTIALS,
    assert_refused,
    assert_session_is_dead,
    assert_session_lives,
)

pytestmark = pytest.mark.django_db

ME = AUTH + "me/"
USER = get_user_model()
IN_USE = {
    "detail": "Other records depend on this account, so it was not deleted. Contact the "
    "operators of this service.",
    "code": "account_in_use",
}


def delete(client, access, **body):
    return client.delete(ME, body, format="json", **bearer(access))


@pytest.fixture
def deleted():
    """The primary keys of the users whose deletion was told."""
    received = []

    def receive(sender, user, **extra):
        received.append((sender, user.pk))

    account_deleted.connect(receive)
    yield received
    account_deleted.disconnect(receive)


@pytest.mark.django_db(transaction=True)
def test_the_account_goes_with_all_that_is_its(
    client,
    reachable_user,
    make_user,
    told,
    deleted,
    sent,
    security_log,
):
    user, other = reachable_user, make_user()
    here, there, others = client.pair(user), client.pair(user), client.pair(other)
    _, key = APIKey.objects.create_key(name="robot", owner=user)
    _, foreign = APIKey.objects.create_key(name="robot", owner=other)
    sent.clear()

    answer = delete(client, here["access"], password=PASSWORD)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Cache-Control"] == "no-store"
    assert list(USER.objects.all()) == [other]
    assert list(Session.objects.all()) == list(Session.objects.of(other))
    for pair in (here, there):
        assert_session_is_dead(client, pair)
    assert_session_lives(client, others)
    assert [APIKey.objects.is_valid(each) for each in (key, foreign)] == [False, True]
    assert client.log_in(user).status_code == 401
    assert deleted == [(USER, user.pk)]
    assert [name for name, _ in sent] == ["session_ended"] * 2
    assert told() in (None, ["Your account has been deleted"])
    [(level, facts)] = security_log("account_deleted")
    assert (level, facts["user"]) == ("WARNING", json.loads(json.dumps(user.pk, default=str)))


def test_what_is_recorded_of_the_deletion_itself_names_no_person_either(client, user, make_user):
    make_user()
    pair, _ = client.pair(user), client.pair(user)
    pk = user.pk
    delete(client, pair["access"], password=PASSWORD)
    kinds = SecurityEvent.objects.filter(user_id=None).values_list("kind", flat=True)
    assert {"sessions_ended", "account_deleted"} <= set(kinds)
    assert not SecurityEvent.objects.filter(user_id=pk).exists()
    ends = SecurityEvent.objects.filter(kind__in=["sessions_ended", "account_deleted"])
    said = set(ends.values_list("session_id", "ip", "network", "user_agent"))
    assert said == {(None, None, "", "")}


def test_who_registers_again_under_the_name_inherits_nothing(client, make_user):
    user = make_user("ann")
    pair = client.pair(user)
    client.log_in(user, "wrong")
    delete(client, pair["access"], password=PASSWORD)
    again = make_user("ann")
    assert_session_is_dead(client, pair)
    assert not PasswordAttempts.objects.filter(failures__gt=0).exists()
    assert list(Session.objects.of(again)) == list(APIKey.objects.of(again)) == []


@pytest.mark.parametrize("password", ["wrong", PASSWORD.upper(), PASSWORD + " "])
def test_a_wrong_password_deletes_nothing(client, user, deleted, security_log, password):
    pair = client.pair(user)
    assert_refused(
        delete(client, pair["access"], password=password), INVALID_CREDENTIALS, challenge=CHALLENGE
    )
    assert_session_lives(client, pair)
    assert deleted == []
    assert [level for level, _ in security_log("account_deletion_failed")] == ["WARNING"]


def test_guesses_are_counted(client, user):
    pair = client.pair(user)
    for _ in range(10):
        assert delete(client, pair["access"], password="wrong").status_code == 401
    assert delete(client, pair["access"], password=PASSWORD).status_code == 429
    assert_session_lives(client, pair)


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "password"),
        ({"password": ""}, "password"),
        ({"password": 1}, "password"),
        ({"password": PASSWORD, "code": 123456}, "code"),
        ({"password": PASSWORD, "force": True}, "force"),
        ({"password": PASSWORD, "id": 2}, "id"),
    ],
    ids=json.dumps,
)
def test_what_is_not_as_described_is_400(client, user, body, member):
    pair = client.pair(user)
    answer = delete(client, pair["access"], **body)
    assert (answer.status_code, list(answer.json())) == (400, [member])
    assert_session_lives(client, pair)


def test_where_there_is_a_factor_the_password_alone_does_not_do(client, owner):
    for code in ({}, {"code": ""}, {"code": owner.phone.wrong_code()}, {"code": PASSWORD[:20]}):
        answer = delete(client, owner.access, password=PASSWORD, **code)
        assert answer.status_code in (400, 401)
        assert answer.status_code == 400 or answer.json()["code"] == "invalid_code"
    code = owner.phone.fresh_code()
    answer = delete(client, owner.access, password="wrong", code=code)
    assert answer.json() == INVALID_CREDENTIALS
    assert USER.objects.filter(pk=owner.user.pk).exists()
    # The code was not looked at, and so is not spent.
    assert delete(client, owner.access, password=PASSWORD, code=code).status_code == 204
    assert not USER.objects.filter(pk=owner.user.pk).exists()
    assert not TOTPDevice.objects.exists()
    assert not RecoveryCode.objects.exists()


def test_a_recovery_code_does(client, owner):
    code = owner.recovery_codes[0]
    assert delete(client, owner.access, password=PASSWORD, code=code).status_code == 204


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rule", [PROTECT, RESTRICT, DO_NOTHING], ids=lambda rule: rule.__name__)
def test_an_account_that_records_hold_on_to_is_not_half_deleted(
    client, user, monkeypatch, deleted, mailoutbox, rule
):
    monkeypatch.setattr(LogEntry._meta.get_field("user").remote_field, "on_delete", rule)
    LogEntry.objects.create(user=user, action_flag=1)
    pair, other = client.pair(user), client.pair(user)
    _, key = APIKey.objects.create_key(name="robot", owner=user)

    answer = delete(client, pair["access"], password=PASSWORD)

    assert_refused(answer, IN_USE, status=409, challenge=None)
    assert_session_lives(client, pair)
    assert_session_lives(client, other)
    assert APIKey.objects.is_valid(key)
    assert (deleted, mailoutbox) == ([], [])
    LogEntry.objects.all().delete()
    assert delete(client, pair["access"], password=PASSWORD).status_code == 204


def test_a_project_that_keeps_the_row_ends_the_account_all_the_same(client, user, monkeypatch):
    monkeypatch.setattr(USER, "delete", lambda self: None)
    pair, other = client.pair(user), client.pair(user)
    _, key = APIKey.objects.create_key(name="robot", owner=user)
    assert delete(client, pair["access"], password=PASSWORD).status_code == 204
    assert USER.objects.filter(pk=user.pk).exists()
    for each in (pair, other):
        assert_session_is_dead(client, each)
    assert not APIKey.objects.is_valid(key)


def test_a_deletion_that_fails_half_way_deletes_nothing(client, user, monkeypatch, deleted):
    def fail(self):
        raise RuntimeError("the database went away")

    monkeypatch.setattr(USER, "delete", fail)
    pair = client.pair(user)
    client.raise_request_exception = False
    assert delete(client, pair["access"], password=PASSWORD).status_code == 500
    assert_session_lives(client, pair)
    assert deleted == []


def test_a_second_request_beside_the_first_changes_nothing(client, user):
    pair, answers = client.pair(user), []

    def delete_it():
        answers.append(delete(client, pair["access"], password=PASSWORD))

    with at_statement("SELECT", TOTPDevice, delete_it):
        delete_it()
    assert [answer.status_code for answer in answers] == [204, 401]
    assert not USER.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_deleted_once_its_session_is_stored_is_refused_too(client, user):
    with at_statement("UPDATE", USER, USER.objects.filter(pk=user.pk).delete):
        assert_refused(client.log_in(user), INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_deleted_while_it_logs_in_is_refused_like_any_other(client, user):
    with at_statement("UPDATE", USER, USER.objects.filter(pk=user.pk).delete):
        assert_refused(client.log_in(user), INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert not Session.objects.exists()
