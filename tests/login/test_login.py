"""Logging in by password, for every user model, with every kind of refusal."""

from datetime import timedelta
from unittest.mock import ANY

import pytest
from authkit.models import SecurityEvent, Session, TOTPDevice
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import AUTH, PASSWORD, username_for
from tests.sessions.answers import (
    CHALLENGE,
    INVALID_CREDENTIALS,
    TOO_MANY_ATTEMPTS,
    assert_refused,
    assert_session_lives,
)

pytestmark = pytest.mark.django_db

#: The statements that count an attempt: the first of a name from a place, and later ones.
COUNTED_FIRST = ["UPDATE", "SELECT", "INSERT", "SELECT"]
COUNTED_AGAIN = ["UPDATE", "SELECT"]

#: Those that keep what failed: whether there is room for it, whose name it was, the row.
KEPT = ["SELECT", "SELECT", "INSERT"]

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def login_signals():
    """Django's own login signals so far: (name, what came along)."""
    received = []

    def logged_in(sender, request, user, **kwargs):
        received.append(("user_logged_in", request, user))

    def login_failed(sender, credentials, request, **kwargs):
        received.append(("user_login_failed", request, credentials))

    user_logged_in.connect(logged_in)
    user_login_failed.connect(login_failed)
    yield received
    user_logged_in.disconnect(logged_in)
    user_login_failed.disconnect(login_failed)


def post(client, body, **extra):
    return client.post(AUTH + "token/", body, format="json", **extra)


def credentials(username, password=PASSWORD):
    return {get_user_model().USERNAME_FIELD: username, "password": password}


def test_the_right_password_starts_a_session(
    client, user, clock, sent, login_signals, security_log
):
    answer = client.log_in(user)

    assert answer.status_code == 200
    session = Session.objects.get()
    assert session.user_id == user.pk
    assert session.methods == "pwd"
    assert session.authenticated_at == session.created_at == timezone.now()
    user.refresh_from_db()
    assert user.last_login == timezone.now()
    [(name, request, who)] = login_signals
    assert (name, who) == ("user_logged_in", user)
    assert request.path == AUTH + "token/"
    assert [name for name, _ in sent] == ["session_started"]
    [(level, facts)] = security_log()
    assert level == "INFO"
    assert facts == {
        "event": "session_started",
        "session": str(session.pk),
        "user": user.pk if isinstance(user.pk, int) else str(user.pk),
        "ip": "127.0.0.1",
        "amr": ["pwd"],
    }


# --- refusals ----------------------------------------------------------------------------------


def wrong_password(make_user):
    return make_user().get_username(), PASSWORD + "x"


def unknown_user(make_user):
    return username_for("nobody"), PASSWORD


def inactive_user(make_user):
    return make_user(is_active=False).get_username(), PASSWORD


def unusable_password(make_user):
    return make_user(password=None).get_username(), PASSWORD


def unusable_hash_as_password(make_user):
    user = make_user(password=None)
    return user.get_username(), user.password


def hash_as_password(make_user):
    user = make_user()
    return user.get_username(), user.password


def broken_hash(make_user):
    user = make_user()
    type(user).objects.filter(pk=user.pk).update(password="no hash at all")
    return user.get_username(), "no hash at all"


def wrong_password_with_a_factor(make_user):
    user = make_user()
    device = TOTPDevice(user=user, name="TOTP", confirmed=True)
    device.seal(b"k" * 20)
    device.save()
    return user.get_username(), PASSWORD + "x"


def longest_password(make_user):
    return make_user().get_username(), "x" * 4096


REFUSED = [
    wrong_password,
    unknown_user,
    inactive_user,
    unusable_password,
    unusable_hash_as_password,
    hash_as_password,
    broken_hash,
    wrong_password_with_a_factor,
    longest_password,
]


@pytest.fixture(params=REFUSED, ids=lambda state: state.__name__)
def refused(request, make_user):
    username, password = request.param(make_user)
    return credentials(username, password)


@pytest.fixture
def reference(client, make_user):
    """The answer to a wrong password, which all refusals have to look like."""
    return post(client, credentials(*wrong_password(make_user)))


def test_every_refusal_is_the_same_to_the_byte_against_user_enumeration(client, refused, reference):
    answer = post(client, refused)

    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert answer.content == reference.content
    assert dict(answer.headers) == dict(reference.headers)


def test_every_refusal_does_equal_work_against_user_enumeration_by_timing(
    client, refused, hasher_runs
):
    """The count (five, and two from then on), the user, and what is kept of it."""
    for expected in (COUNTED_FIRST, COUNTED_AGAIN, COUNTED_AGAIN):
        hasher_runs.clear()

        with CaptureQueriesContext(connection) as queries:
            post(client, refused)

        assert len(hasher_runs) == 1
        assert words(queries) == [*expected, "SELECT", *KEPT]


def whose():
    """What the log says about the account, where there is one."""
    user = SecurityEvent.objects.get().user_id
    return {} if user is None else {"user": user if isinstance(user, int) else str(user)}


def words(queries):
    """Return what kinds of statements there were, beside those that ask MySQL about letters."""
    statements = [query["sql"] for query in queries]
    return [sql.split()[0] for sql in statements if not is_beside_the_point(sql)]


def is_beside_the_point(sql):
    # Savepoints stand where a test is itself a transaction.
    control = sql.split()[0] in ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return control or "WEIGHT_STRING" in sql or "COLLATION_NAME" in sql


def test_every_refusal_leaves_no_session_and_tells_what_it_promises(
    client, refused, sent, login_signals, security_log
):
    post(client, refused)

    assert Session.objects.count() == 0
    assert sent == []
    [(name, request, told)] = login_signals
    assert name == "user_login_failed"
    assert request.path == AUTH + "token/"
    assert told == {
        "username": refused[get_user_model().USERNAME_FIELD],
        "password": "********************",
    }
    assert security_log() == [("WARNING", {"event": "login_failed", "ip": "127.0.0.1", **whose()})]
    assert get_user_model().objects.exclude(last_login=None).count() == 0


def test_a_password_too_long_is_refused_before_the_hasher_and_without_a_query(
    client, user, hasher_runs, django_assert_num_queries
):
    with django_assert_num_queries(0):
        answer = post(client, credentials(user.get_username(), "x" * 4097))

    assert (answer.status_code, answer.json()) == (
        400,
        {"password": ["Ensure this field has no more than 4096 characters."]},
    )
    assert hasher_runs == []


# --- exactly as received -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "others"),
    [
        ("  spaces around  ", ["spaces around", " spaces around ", "  spaces around"]),
        ("caf\xe9 caf\xe9", ["cafe\u0301 cafe\u0301", "cafe cafe", "CAF\xc9 CAF\xc9"]),
        ("cafe\u0301 cafe\u0301", ["caf\xe9 caf\xe9"]),
        ("\ufb01ve fish", ["five fish"]),
        ("\tab and\nline", ["ab and\nline", "\tab and line"]),
        (
            "12345678",
            [" 12345678", "12345678.0", "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18"],
        ),
        ("\U0001f600\U0001f600", ["\U0001f600", "??"]),
        ("zero\u200bwidth", ["zerowidth"]),
    ],
    ids=[
        "spaces",
        "composed",
        "decomposed",
        "ligature",
        "control",
        "digits",
        "emoji",
        "zero-width",
    ],
)
def test_a_password_is_compared_exactly_as_received(client, make_user, password, others):
    user = make_user(password=password)
    assert client.log_in(user, password).status_code == 200
    for other in others:
        assert_refused(client.log_in(user, other), INVALID_CREDENTIALS, challenge=CHALLENGE)


WRONG_TYPES = {
    "int": 12345678,
    "zero": 0,
    "float": 1.0,
    "true": True,
    "false": False,
    "null": None,
    "list": ["12345678"],
    "empty-list": [],
    "object": {"$ne": ""},
    "empty": "",
    "nul": "1234\x005678",
}


@pytest.mark.parametrize("name", WRONG_TYPES)
@pytest.mark.parametrize("member", ["username", "password"])
def test_what_is_no_string_is_refused_before_anything_is_done(
    client, make_user, hasher_runs, django_assert_num_queries, member, name
):
    make_user("12345678", password="12345678")
    hasher_runs.clear()
    field = get_user_model().USERNAME_FIELD if member == "username" else "password"
    body = credentials(username_for("12345678"), "12345678") | {field: WRONG_TYPES[name]}

    with django_assert_num_queries(0):
        answer = post(client, body)

    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert hasher_runs == []


def test_both_members_are_required(client, db):
    required = ["This field is required."]
    field = get_user_model().USERNAME_FIELD
    assert post(client, {}).json() == {field: required, "password": required}


def test_a_name_longer_than_its_column_is_refused_without_a_query(
    client, db, django_assert_num_queries
):
    field = get_user_model().USERNAME_FIELD
    with django_assert_num_queries(0):
        answer = post(client, credentials("x" * 1_000_000))
        assert answer.status_code == 400
        answer = post(client, credentials("x" * 300))
    assert (answer.status_code, list(answer.json())) == (400, [field])


@pytest.mark.parametrize("name", ["%", "_", "\\", "user%", "' OR 1=1 --", "\u202e", "*"])
def test_a_name_is_no_pattern(client, user, name):
    assert post(client, credentials(name)).status_code == 401


@pytest.mark.parametrize(
    "member", ["is_active", "pk", "user__is_staff", "username__contains", "request", "backend"]
)
def test_an_unknown_member_changes_nothing(client, user, member):
    wrong = credentials(user.get_username(), "wrong") | {member: "1"}
    right = credentials(user.get_username()) | {member: "1"}
    assert_refused(post(client, wrong), INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert post(client, right).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_AUTHORIZATION": "Bearer stale"},
        {"HTTP_AUTHORIZATION": "Bearer " + "a" * 1_000_000},
        {"HTTP_AUTHORIZATION": "\0\xff"},
        {"HTTP_X_API_KEY": "ak_no_key"},
        {"HTTP_AUTHORIZATION": "Bearer x", "HTTP_X_API_KEY": "y"},
    ],
    ids=["stale", "a-megabyte", "garbage", "key", "both"],
)
def test_a_stale_credential_does_not_stop_a_log_in(client, user, headers):
    answer = client.log_in(user, **headers)
    assert answer.status_code == 200
    assert client.refresh(answer.json()["refresh"]).status_code == 200


# --- other backends ----------------------------------------------------------------------------


@override_settings(AUTHENTICATION_BACKENDS=["tests.login.backends.Denying", MODEL_BACKEND])
def test_a_backend_that_denies_is_final(client, user, login_signals, reference):
    login_signals.clear()
    answer = client.log_in(user)
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert answer.content == reference.content
    assert [name for name, *_ in login_signals] == ["user_login_failed"]


@override_settings(
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.AllowAllUsersModelBackend"]
)
def test_a_backend_that_takes_inactive_users_does_not_give_them_a_session(client, make_user, sent):
    user = make_user(is_active=False)
    answer = client.log_in(user)
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert Session.objects.count() == 0
    user.refresh_from_db()
    assert user.last_login is None
    assert sent == []


@override_settings(
    AUTHENTICATION_BACKENDS=[
        "tests.login.backends.ByToken",
        MODEL_BACKEND,
        "tests.login.backends.Positional",
    ]
)
def test_a_second_backend_of_the_plain_signature_gets_the_username(client, user):
    assert_session_lives(client, client.pair(user, "from the directory"))
    assert_session_lives(client, client.pair(user))
    assert client.log_in(user, "wrong").status_code == 401


@pytest.mark.parametrize(
    ("cool_off", "seconds"),
    [(None, 3600), (2, 7200), (0.5, 1800), (timedelta(seconds=90), 90), ("odd", 3600)],
)
def test_a_lockout_by_axes_is_429_with_a_retry_after(client, user, cool_off, seconds):
    with override_settings(
        AUTHENTICATION_BACKENDS=["tests.login.backends.LockingOut"], AXES_COOLOFF_TIME=cool_off
    ):
        answer = client.log_in(user)
    assert_refused(answer, TOO_MANY_ATTEMPTS, status=429, challenge=None)
    assert answer["Retry-After"] == str(seconds)


def test_two_log_ins_are_two_sessions(client, user):
    first, second = client.pair(user), client.pair(user)
    assert first != second
    assert [s["id"] for s in client.sessions(first["access"]).json()] == [ANY, ANY]
