"""Logging in with a second factor: the challenge, what ends it, and what it does not open."""

import json
import time

import pytest
from authkit.models import APIKey, CodeAttempts, Session, TOTPDevice
from authkit.sessions.ending.revoke import live_sessions
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in

from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.database.statements import at_statement
from tests.factors.answers import (
    assert_challenge_refused,
    assert_code_refused,
    assert_too_many,
    assert_unavailable,
)
from tests.factors.calls import (
    challenge,
    complete,
    confirm,
    disable,
    log_in_with,
    post,
    reauthenticate,
    set_up,
)
from tests.factors.phone import Phone
from tests.sessions.answers import (
    CHALLENGE,
    INVALID_CREDENTIALS,
    TOKEN_INVALID,
    assert_refused,
    assert_session_is_dead,
    assert_session_lives,
)
from tests.sessions.forge import b64, claims_of, header_of, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged_in():
    """The users whom Django was told of as logged in, with their requests' paths."""
    received = []

    def receive(sender, request, user, **kwargs):
        received.append((user, request.path))

    user_logged_in.connect(receive)
    yield received
    user_logged_in.disconnect(receive)


def pending():
    return Session.objects.exclude(pending_until=None).get()


# --- the challenge -----------------------------------------------------------------------------


def test_the_password_alone_gets_a_challenge_and_no_token(client, owner):
    answer = client.log_in(owner.user)

    assert answer.status_code == 202
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {"challenge", "methods", "expires_in"}
    assert body["methods"] == ["totp", "recovery_code"]
    assert body["expires_in"] == 300
    assert not answer.cookies


@pytest.mark.parametrize("kind", ["totp", "recovery_code"])
def test_the_code_completes_the_log_in(client, owner, kind):
    waiting = challenge(client, owner.user)
    code = owner.phone.fresh_code() if kind == "totp" else owner.recovery_codes[0]

    answer = complete(client, waiting, code)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    pair = answer.json()
    assert set(pair) == {"access", "refresh", "token_type", "expires_in"}
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 300)
    assert_session_lives(client, pair)
    assert claims_of(pair["access"])["amr"] == ["pwd", "otp", "mfa"]


def test_nothing_says_logged_in_before_the_code(
    client, owner, logged_in, sent, security_log, clock
):
    before = get_user_model().objects.get(pk=owner.user.pk).last_login
    sent.clear()
    seen = len(security_log("session_started"))
    clock.shift(30)
    waiting = challenge(client, owner.user)
    complete(client, waiting, owner.phone.wrong_code())

    assert (logged_in, sent, len(security_log("session_started"))) == ([], [], seen)
    assert get_user_model().objects.get(pk=owner.user.pk).last_login == before

    clock.shift(30)
    assert complete(client, waiting, owner.phone.code()).status_code == 200

    assert logged_in == [(owner.user, AUTH + "token/second-factor/")]
    assert [name for name, _ in sent] == ["session_started"]
    assert len(security_log("session_started")) == seen + 1
    after = get_user_model().objects.get(pk=owner.user.pk).last_login
    assert (after - before).total_seconds() == 60


def test_a_pending_session_is_in_no_list_and_cannot_be_ended(client, owner):
    waiting = challenge(client, owner.user)

    assert len(client.sessions(owner.access).json()) == 1
    path = AUTH + f"sessions/{pending().pk}/"
    assert client.delete(path, **bearer(owner.access)).status_code == 404
    assert complete(client, waiting, owner.phone.fresh_code()).status_code == 200
    assert len(client.sessions(owner.access).json()) == 2


# --- what it opens -----------------------------------------------------------------------------


def test_it_is_no_token(client, owner):
    waiting = challenge(client, owner.user)

    assert_refused(client.sessions(waiting), TOKEN_INVALID)
    assert_refused(client.refresh(waiting), TOKEN_INVALID)
    assert_refused(client.verify(waiting), TOKEN_INVALID)
    assert client.revoke(waiting).status_code == 204
    assert complete(client, waiting, owner.phone.fresh_code()).status_code == 200


OTHERS = [
    ("get", "sessions/"),
    ("delete", "sessions/"),
    ("post", "password/change/"),
    ("post", "reauthenticate/"),
    ("get", "2fa/"),
    ("post", "2fa/totp/setup/"),
    ("post", "2fa/totp/verify/"),
    ("post", "2fa/totp/disable/"),
    ("post", "2fa/recovery-codes/"),
]


@pytest.mark.parametrize(("method", "path"), OTHERS, ids=[f"{m} {p}" for m, p in OTHERS])
@pytest.mark.parametrize("header", ["HTTP_AUTHORIZATION", "HTTP_X_API_KEY"])
def test_a_challenge_is_refused_at_every_other_endpoint(client, owner, method, path, header):
    waiting = challenge(client, owner.user)
    value = f"Bearer {waiting}" if header == "HTTP_AUTHORIZATION" else waiting
    body = {"password": PASSWORD, "code": owner.phone.fresh_code(), "current_password": PASSWORD}
    answer = getattr(client, method)(AUTH + path, body, format="json", **{header: value})
    assert answer.status_code == 401
    assert TOTPDevice.objects.get().confirmed


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_no_token_is_a_challenge(client, owner, kind):
    assert_challenge_refused(complete(client, owner.pair[kind], owner.phone.fresh_code()))


def test_an_api_key_is_no_challenge(client, owner):
    _, key = APIKey.objects.create_key(name="robot", owner=owner.user)
    assert_challenge_refused(complete(client, key, owner.phone.fresh_code()))


def test_a_challenge_works_once(client, owner):
    waiting = challenge(client, owner.user)
    assert complete(client, waiting, owner.phone.fresh_code()).status_code == 200
    assert_challenge_refused(complete(client, waiting, owner.phone.fresh_code()))
    assert_challenge_refused(complete(client, waiting, owner.recovery_codes[0]))
    assert Session.objects.live().count() == 2


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (300, 401), (86_400, 401)])
def test_a_challenge_waits_for_five_minutes(client, owner, clock, seconds, status):
    waiting = challenge(client, owner.user)
    clock.shift(seconds)
    answer = complete(client, waiting, owner.phone.code())
    assert answer.status_code == status
    if status == 401:
        assert_challenge_refused(answer)


def test_a_challenge_takes_five_tries(client, owner, comparisons):
    waiting = challenge(client, owner.user)
    for _ in range(5):
        assert_code_refused(complete(client, waiting, owner.phone.wrong_code()))
    assert_challenge_refused(complete(client, waiting, owner.phone.fresh_code()))
    assert comparisons.count == 5
    assert complete(client, challenge(client, owner.user), owner.phone.code()).status_code == 200


def test_the_fifth_try_may_be_the_right_one(client, owner):
    waiting = challenge(client, owner.user)
    for _ in range(4):
        complete(client, waiting, owner.phone.wrong_code())
    assert complete(client, waiting, owner.phone.fresh_code()).status_code == 200


def test_a_refused_challenge_costs_no_code(client, owner, comparisons):
    code = owner.phone.fresh_code()
    for wrong in ("", "x", "a.b.c", owner.pair["access"]):
        assert complete(client, wrong, code).status_code in (400, 401)
    assert comparisons.count == 0
    assert CodeAttempts.objects.get().failures == 0
    assert complete(client, challenge(client, owner.user), code).status_code == 200


def change_password(client, owner):
    body = {"current_password": PASSWORD, "new_password": "another correct horse"}
    assert post(client, "password/change/", body, owner.access).status_code == 204


def change_password_in_a_shell(client, owner):
    owner.user.set_password("another correct horse")
    owner.user.save()


def deactivate(client, owner):
    get_user_model().objects.filter(pk=owner.user.pk).update(is_active=False)


def delete(client, owner):
    get_user_model().objects.filter(pk=owner.user.pk).delete()


def end_all_other_sessions(client, owner):
    assert client.delete(AUTH + "sessions/", **bearer(owner.access)).status_code == 204


def turn_the_factor_off(client, owner):
    assert disable(client, owner.access, owner.recovery_codes[0]).status_code == 204


def set_up_another_app(client, owner):
    secret = set_up(client, owner.access, owner.recovery_codes[-1]).json()["secret"]
    assert confirm(client, owner.access, Phone(secret).code()).status_code == 200


ENDS = [
    change_password,
    change_password_in_a_shell,
    deactivate,
    delete,
    end_all_other_sessions,
    turn_the_factor_off,
    set_up_another_app,
]


@pytest.mark.parametrize("happens", ENDS, ids=lambda event: event.__name__)
def test_a_challenge_ends_with(client, owner, sent, happens):
    waiting = challenge(client, owner.user)
    code = owner.phone.fresh_code()

    happens(client, owner)
    sent.clear()

    live = Session.objects.live().count()
    assert_challenge_refused(complete(client, waiting, code))
    assert Session.objects.live().count() == live
    assert sent == []


def test_log_out_everywhere_tells_of_no_session_that_had_ended_by_itself(
    client, owner, clock, sent
):
    challenge(client, owner.user)
    clock.shift(86_400 * 40)
    pair = complete(client, challenge(client, owner.user), owner.phone.code()).json()
    other = complete(client, challenge(client, owner.user), owner.phone.fresh_code()).json()
    sent.clear()

    assert client.delete(AUTH + "sessions/", **bearer(pair["access"])).status_code == 204

    ended = [str(extra["session"].pk) for name, extra in sent if name == "session_ended"]
    assert ended == [claims_of(other["access"])["sid"]]


def test_two_challenges_are_two_log_ins(client, owner):
    first, second = (challenge(client, owner.user) for _ in range(2))
    one = complete(client, second, owner.phone.fresh_code()).json()
    two = complete(client, first, owner.phone.fresh_code()).json()
    assert claims_of(one["access"])["sid"] != claims_of(two["access"])["sid"]
    assert claims_of(first)["sid"] == claims_of(two["access"])["sid"]
    assert_session_lives(client, one)
    assert_session_lives(client, two)


def test_a_challenge_is_for_its_own_user(client, owner, make_user, enrol):
    other = enrol(make_user())
    waiting = challenge(client, owner.user)
    assert_code_refused(complete(client, waiting, other.phone.fresh_code()))
    assert_code_refused(complete(client, waiting, other.recovery_codes[0]))
    answer = complete(client, waiting, owner.phone.code())
    assert claims_of(answer.json()["access"])["user_id"] == str(owner.user.pk)


FORGED = {
    "another type": {"token_type": "access"},
    "an unknown type": {"token_type": "Challenge"},
    "another session": {"sid": "00000000-0000-0000-0000-000000000000"},
    "no session": {"sid": "x"},
    "lapsed": {"exp": 1_000_000_000},
}


@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED)
def test_a_challenge_that_is_signed_but_wrong_is_refused(client, owner, changes):
    forged = sign(claims_of(challenge(client, owner.user)) | changes)
    assert_challenge_refused(complete(client, forged, owner.phone.fresh_code()))


def test_a_challenge_with_another_signature_is_refused(client, owner):
    waiting = challenge(client, owner.user)
    claims = claims_of(waiting)
    unsigned = f"{b64(b'{}')}.{b64(b'{}')}."
    for forged in (
        sign(claims, key=b"k" * 64),
        sign(claims, header=header_of(waiting) | {"alg": "none"}),
        waiting[:-2],
        unsigned,
        waiting.upper(),
    ):
        assert_challenge_refused(complete(client, forged, owner.phone.fresh_code()))


def test_a_challenge_made_of_a_live_session_is_refused(client, owner):
    """An attacker with the signing key could not complete a session that is not pending."""
    forged = sign(claims_of(owner.pair["refresh"]) | {"token_type": "challenge"})
    assert_challenge_refused(complete(client, forged, owner.phone.fresh_code()))


# --- a code in the first request ---------------------------------------------------------------


@pytest.mark.parametrize("kind", ["totp", "recovery_code"])
def test_the_code_may_come_with_the_password(client, owner, logged_in, kind):
    code = owner.phone.fresh_code() if kind == "totp" else owner.recovery_codes[0]
    answer = log_in_with(client, owner.user, code)
    assert answer.status_code == 200
    assert claims_of(answer.json()["access"])["amr"] == ["pwd", "otp", "mfa"]
    assert_session_lives(client, answer.json())
    assert [user for user, _ in logged_in] == [owner.user]
    assert_code_refused(log_in_with(client, owner.user, code))


def test_a_wrong_code_with_the_password_gets_nothing(client, owner, logged_in):
    before = Session.objects.count()
    assert_code_refused(log_in_with(client, owner.user, owner.phone.wrong_code()))
    assert (Session.objects.count(), logged_in) == (before, [])
    assert CodeAttempts.objects.get().failures == 1


def test_no_refusal_of_the_code_leaves_a_session_that_waits(client, owner):
    before = list(Session.objects.values())
    sealed = owner.device.sealed_secret
    TOTPDevice.objects.update(sealed_secret="gone.AAAA")
    assert_unavailable(log_in_with(client, owner.user, owner.phone.fresh_code()))
    TOTPDevice.objects.update(sealed_secret=sealed)
    for number in range(10):
        assert_code_refused(log_in_with(client, owner.user, owner.phone.wrong_code(number)))
    assert_too_many(log_in_with(client, owner.user, owner.phone.code()))
    assert list(Session.objects.values()) == before


@pytest.mark.parametrize(
    "happens",
    [turn_the_factor_off, set_up_another_app],
    ids=lambda event: event.__name__,
)
def test_a_change_of_factor_wins_the_race_against_a_log_in_whose_code_was_right(
    client, owner, logged_in, sent, happens
):
    """From its lock of the user on, the log-in comes first, and the change ends its session."""
    code = owner.phone.fresh_code()
    sent.clear()

    with at_statement("UPDATE", get_user_model(), lambda: happens(Client(), owner)):
        assert_code_refused(log_in_with(client, owner.user, code))

    assert logged_in == []
    assert [name for name, _ in sent if name == "session_started"] == []
    alive = [str(session.pk) for session in Session.objects.unended()]
    assert alive == [claims_of(owner.access)["sid"]]


def test_a_log_in_that_a_change_of_password_overtakes_opens_nothing(client, owner):
    code = owner.phone.fresh_code()
    with at_statement("UPDATE", get_user_model(), lambda: change_password(Client(), owner)):
        answer = log_in_with(client, owner.user, code)
    if answer.status_code == 200:
        assert_session_is_dead(client, answer.json())
    assert len(live_sessions(get_user_model().objects.get())) == 1


def test_a_right_code_with_a_wrong_password_is_not_looked_at(client, owner, comparisons):
    answer = log_in_with(client, owner.user, owner.phone.fresh_code(), "wrong")
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert comparisons.count == 0
    assert log_in_with(client, owner.user, owner.phone.code()).status_code == 200


@pytest.mark.parametrize("code", ["123456", "anything"])
def test_a_user_without_a_factor_logs_in_and_the_code_is_ignored(client, user, clock, code):
    answer = log_in_with(client, user, code)
    assert answer.status_code == 200
    assert claims_of(answer.json()["access"])["amr"] == ["pwd"]


# --- claims ------------------------------------------------------------------------------------


def test_how_and_when_is_in_the_token_and_a_refresh_changes_neither(client, owner, clock):
    waiting = challenge(client, owner.user)
    clock.shift(60)
    proved = int(time.time())
    pair = complete(client, waiting, owner.phone.code()).json()
    for _ in range(3):
        claims = claims_of(pair["access"])
        assert (claims["amr"], claims["auth_time"]) == (["pwd", "otp", "mfa"], proved)
        clock.shift(100)
        pair = client.refresh(pair["refresh"]).json()


def test_a_log_in_by_password_says_so_for_ever(client, user, clock):
    pair = client.pair(user)
    proved = int(time.time())
    for _ in range(3):
        claims = claims_of(pair["access"])
        assert (claims["amr"], claims["auth_time"]) == (["pwd"], proved)
        clock.shift(100)
        pair = client.refresh(pair["refresh"]).json()


def test_a_new_proof_shows_in_its_own_token_only(client, owner, clock):
    clock.shift(60)
    fresh = reauthenticate(client, owner.access, code=owner.phone.code()).json()["access"]
    assert claims_of(fresh)["auth_time"] == int(time.time())
    later = client.refresh(owner.pair["refresh"]).json()["access"]
    assert claims_of(later)["auth_time"] == int(time.time()) - 60


# --- sessions from before ----------------------------------------------------------------------


def test_tokens_from_before_the_factor_are_dead_after_it(client, user, enrol, clock):
    old = client.pair(user)
    older = client.pair(user)
    rotated = client.refresh(older["refresh"]).json()
    enrol(user)
    for pair in (old, older, rotated):
        assert client.refresh(pair["refresh"]).status_code == 401
        assert client.sessions(pair["access"]).status_code == 401
    assert_session_is_dead(client, old)


def test_every_live_session_of_an_owner_has_passed_the_factor(client, owner):
    Client().log_in(owner.user)
    complete(client, challenge(client, owner.user), owner.phone.fresh_code())
    assert all("mfa" in session.amr for session in Session.objects.live())


# --- what is sent ------------------------------------------------------------------------------

WRONG_TYPES = {
    "int": 123456,
    "zero": 0,
    "float": 123456.9,
    "true": True,
    "null": None,
    "list": ["123456"],
    "object": {"code": "123456"},
    "empty": "",
    "nul": "12345\x00",
    "5000 digits": "1" * 5_000,
}


@pytest.mark.parametrize("member", ["challenge", "code"])
@pytest.mark.parametrize("value", WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_what_is_no_string_is_400_and_counts_for_nothing(client, owner, member, value):
    waiting = challenge(client, owner.user)
    body = {"challenge": waiting, "code": owner.phone.fresh_code()} | {member: value}
    answer = client.generic(
        "POST", AUTH + "token/second-factor/", json.dumps(body), content_type="application/json"
    )
    if (member, value) == ("challenge", "1" * 5_000):
        assert answer.status_code in (400, 401)
    else:
        assert (answer.status_code, list(answer.json())) == (400, [member])
    assert pending().pending_tries == 0


def test_both_members_are_required(client, db):
    required = ["This field is required."]
    answer = post(client, "token/second-factor/", {})
    assert answer.json() == {"challenge": required, "code": required}


@pytest.mark.parametrize("name", ["device", "device_id", "user", "otp_device", "amr", "methods"])
def test_an_unknown_member_changes_nothing(client, owner, make_user, enrol, name):
    other = enrol(make_user())
    waiting = challenge(client, owner.user)
    for value in (other.device.persistent_id, other.device.pk, str(other.user.pk)):
        body = {"challenge": waiting, "code": other.phone.fresh_code(), name: value}
        assert_code_refused(post(client, "token/second-factor/", body))
