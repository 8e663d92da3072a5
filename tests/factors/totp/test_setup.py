"""Turning the factor on, replacing it, turning it off; and that the secret is shown once."""

import base64
import logging
import re
from datetime import datetime, timedelta

import pytest
from authkit.models import CodeAttempts, RecoveryCode, Session, TOTPDevice
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.database.statements import at_statement
from tests.factors.answers import (
    NOTHING_PENDING,
    assert_code_refused,
    assert_step_up_required,
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
    state,
)
from tests.factors.phone import Phone
from tests.sessions.answers import (
    CHALLENGE,
    INVALID_CREDENTIALS,
    NOT_AUTHENTICATED,
    assert_refused,
    assert_session_is_dead,
    assert_session_lives,
)
from tests.sessions.forge import claims_of

pytestmark = pytest.mark.django_db

OFF = {"totp": {"enabled": False, "confirmed_at": None}, "recovery_codes_left": 0}
RECOVERY_CODE = re.compile(r"([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}", re.ASCII)


@pytest.fixture
def access(client, user, clock):
    return client.pair(user)["access"]


@pytest.fixture
def begin(client, access, clock):
    """A function that starts a set-up and returns the phone that scanned it."""

    def begin():
        return Phone(set_up(client, access).json()["secret"], clock)

    return begin


# --- on ----------------------------------------------------------------------------------------


def test_the_set_up_gives_what_an_app_needs(client, user, access):
    answer = set_up(client, access)

    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {"secret", "otpauth_url", "qr_code", "expires_in"}
    assert re.fullmatch("[A-Z2-7]{32}", body["secret"])
    assert body["otpauth_url"].startswith("otpauth://totp/")
    assert body["qr_code"].startswith("data:image/svg+xml")
    assert body["expires_in"] == 15 * 60


def test_nothing_is_on_before_the_first_code(client, user, access, begin):
    begin()
    assert state(client, access).json() == OFF
    assert client.log_in(user).status_code == 200


def test_the_first_code_turns_it_on(client, user, access, begin, factor_signals, security_log):
    phone = begin()
    answer = confirm(client, access, phone.code())

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert list(answer.json()) == ["recovery_codes"]
    body = state(client, access).json()
    assert datetime.fromisoformat(body["totp"].pop("confirmed_at")) == timezone.now()
    assert body == {"totp": {"enabled": True}, "recovery_codes_left": 10}
    assert [(name, extra["user"]) for name, extra in factor_signals] == [
        ("second_factor_enabled", user)
    ]
    [(level, facts)] = security_log("second_factor_enabled")
    assert (level, facts["session"]) == ("INFO", str(Session.objects.get().pk))
    assert client.log_in(user).status_code == 202


def test_ten_readable_codes_of_eighty_bits_come_with_it(owner):
    assert len(owner.recovery_codes) == len(set(owner.recovery_codes)) == 10
    for code in owner.recovery_codes:
        assert RECOVERY_CODE.fullmatch(code)


def test_the_session_that_turned_it_on_has_proved_it(client, owner, security_log):
    assert client.sessions(owner.access).json()[0]["amr"] == ["pwd", "otp", "mfa"]
    claims = claims_of(client.refresh(owner.pair["refresh"]).json()["access"])
    assert claims["amr"] == ["pwd", "otp", "mfa"]


def test_the_other_sessions_end(client, user, enrol, sent):
    others = [client.pair(user) for _ in range(3)]
    written = Session.objects.count()
    owner = enrol(user)

    for pair in others:
        assert_session_is_dead(client, pair)
    assert_session_lives(client, owner.pair)
    assert [name for name, _ in sent].count("session_ended") == written == 3


def test_the_sessions_of_others_do_not_end(client, make_user, enrol):
    other = client.pair(make_user())
    enrol(make_user())
    assert_session_lives(client, other)


@pytest.mark.django_db(transaction=True)
def test_the_owner_is_told_when_it_goes_on_and_off(client, reachable_user, enrol, told):
    owner = enrol(reachable_user)
    assert told() in (None, ["Two-factor authentication is on"])
    assert disable(client, owner.access, owner.phone.fresh_code()).status_code == 204
    assert told() in (None, ["Two-factor authentication is on", "Two-factor authentication is off"])


def test_the_code_of_the_set_up_cannot_be_replayed(client, owner):
    code = owner.phone.code()
    assert_code_refused(complete(client, challenge(client, owner.user), code))
    assert_code_refused(log_in_with(client, owner.user, code))
    assert_code_refused(reauthenticate(client, owner.access, code=code))
    assert_code_refused(disable(client, owner.access, code))


def test_the_code_before_that_of_the_set_up_is_spent_too(client, owner):
    assert_code_refused(complete(client, challenge(client, owner.user), owner.phone.code(-1)))


def test_a_wrong_first_code_leaves_the_set_up_waiting(client, user, access, begin):
    phone = begin()
    assert_code_refused(confirm(client, access, phone.wrong_code()))
    assert state(client, access).json() == OFF
    assert confirm(client, access, phone.code()).status_code == 200


@pytest.mark.parametrize("steps", [-1, 1])
def test_the_code_of_a_step_beside_it_does_too(client, access, begin, steps):
    assert confirm(client, access, begin().code(steps)).status_code == 200


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
def test_a_code_of_another_time_does_not(client, access, begin, steps):
    assert_code_refused(confirm(client, access, begin().code(steps)))
    assert state(client, access).json() == OFF


def test_without_a_set_up_there_is_nothing_to_confirm(client, access):
    answer = confirm(client, access, "123456")
    assert_refused(answer, NOTHING_PENDING, status=400, challenge=None)


def test_a_confirmed_set_up_cannot_be_confirmed_again(client, owner):
    answer = confirm(client, owner.access, owner.phone.fresh_code())
    assert_refused(answer, NOTHING_PENDING, status=400, challenge=None)


def test_a_recovery_code_confirms_nothing(client, owner):
    set_up(client, owner.access, owner.recovery_codes[-1])
    assert_code_refused(confirm(client, owner.access, owner.recovery_codes[0]))


@pytest.mark.parametrize(("seconds", "status"), [(899, 200), (900, 400), (9_000, 400)])
def test_a_set_up_waits_for_fifteen_minutes(client, user, clock, seconds, status):
    first = client.pair(user)
    phone = Phone(set_up(client, first["access"]).json()["secret"], clock)
    clock.shift(seconds)
    access = client.pair(user)["access"]

    answer = confirm(client, access, phone.code())

    assert answer.status_code == status
    assert state(client, access).json()["totp"]["enabled"] is (status == 200)


def test_there_is_one_set_up_at_a_time_and_the_last_one_counts(client, user, access, begin):
    first, second = begin(), begin()
    assert TOTPDevice.objects.filter(user=user, confirmed=False).count() == 1
    assert first.base32 != second.base32
    assert_code_refused(confirm(client, access, first.code()))
    assert confirm(client, access, second.code()).status_code == 200


def test_two_tabs_end_with_one_app(client, user, clock):
    tabs = [client.pair(user)["access"] for _ in range(2)]
    phones = [Phone(set_up(client, access).json()["secret"], clock) for access in tabs]

    assert_code_refused(confirm(client, tabs[0], phones[0].code()))
    assert confirm(client, tabs[0], phones[1].code()).status_code == 200
    assert client.sessions(tabs[1]).status_code == 401
    assert TOTPDevice.objects.filter(user=user).count() == 1


def test_a_code_of_the_former_secret_does_not_confirm_a_set_up_renewed_meanwhile(
    client, user, access, begin
):
    """Race: another tab renews the set-up after this request has read its secret."""
    phone = begin()
    with at_statement("UPDATE", TOTPDevice, begin):
        assert_code_refused(confirm(client, access, phone.code()))
    assert state(client, access).json() == OFF
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_a_set_up_of_another_user_cannot_be_confirmed(client, make_user, clock):
    mine, theirs = (client.pair(make_user())["access"] for _ in range(2))
    phone = Phone(set_up(client, mine).json()["secret"], clock)

    answer = confirm(client, theirs, phone.code())
    assert_refused(answer, NOTHING_PENDING, status=400, challenge=None)
    set_up(client, theirs)
    assert_code_refused(confirm(client, theirs, phone.code()))
    assert confirm(client, mine, phone.code()).status_code == 200


@pytest.mark.parametrize(
    "body",
    [None, {}, {"secret": "A" * 32}, {"user": 1, "confirmed": True, "key": "00"}],
    ids=["none", "empty", "secret", "columns"],
)
def test_nothing_in_the_body_of_a_set_up_is_looked_at(client, user, access, body):
    answer = post(client, "2fa/totp/setup/", body, access)
    assert answer.status_code == 201
    assert answer.json()["secret"] != "A" * 32
    device = TOTPDevice.objects.get()
    assert (device.user, device.confirmed) == (user, False)


# --- another app -------------------------------------------------------------------------------


def test_an_abandoned_set_up_leaves_the_app_as_it_was(client, owner, clock):
    other = Phone(set_up(client, owner.access, owner.recovery_codes[-1]).json()["secret"], clock)
    clock.shift(30)

    assert_code_refused(complete(client, challenge(client, owner.user), other.code()))
    assert complete(client, challenge(client, owner.user), owner.phone.code()).status_code == 200
    other_code = owner.recovery_codes[0]
    assert complete(client, challenge(client, owner.user), other_code).status_code == 200
    clock.shift(901)
    assert complete(client, challenge(client, owner.user), owner.phone.code()).status_code == 200


def test_a_confirmed_set_up_replaces_the_app_and_the_recovery_codes(client, owner, clock):
    other = Phone(set_up(client, owner.access, owner.recovery_codes[-1]).json()["secret"], clock)
    clock.shift(30)
    answer = confirm(client, owner.access, other.code())

    assert answer.status_code == 200
    assert TOTPDevice.objects.filter(user=owner.user).count() == 1
    fresh = answer.json()["recovery_codes"]
    assert set(fresh).isdisjoint(owner.recovery_codes)
    assert RecoveryCode.objects.filter(user=owner.user).count() == 10
    clock.shift(30)
    for old in (owner.phone.code(), owner.recovery_codes[0]):
        assert_code_refused(complete(client, challenge(client, owner.user), old))
    for new in (other.code(), fresh[0]):
        assert complete(client, challenge(client, owner.user), new).status_code == 200


def test_the_old_apps_code_does_not_confirm_the_new_one(client, owner):
    set_up(client, owner.access, owner.recovery_codes[-1])
    assert_code_refused(confirm(client, owner.access, owner.phone.fresh_code()))
    assert disable(client, owner.access, owner.phone.fresh_code()).status_code == 204


def test_a_first_set_up_requires_authentication_in_the_last_five_minutes(client, user, clock):
    pair = client.pair(user)
    clock.shift(240)
    fresh = client.refresh(pair["refresh"]).json()
    clock.shift(61)

    assert_step_up_required(set_up(client, fresh["access"]), max_age=300)
    assert not TOTPDevice.objects.exists()
    proved = reauthenticate(client, fresh["access"], password=PASSWORD).json()
    assert set_up(client, proved["access"]).status_code == 201


# --- off ---------------------------------------------------------------------------------------


def test_password_and_code_turn_it_off(client, owner, factor_signals, security_log):
    other = complete(client, challenge(client, owner.user), owner.phone.fresh_code()).json()

    answer = disable(client, owner.access, owner.phone.fresh_code())

    assert (answer.status_code, answer.content) == (204, b"")
    assert state(client, owner.access).json() == OFF
    assert (TOTPDevice.objects.count(), RecoveryCode.objects.count()) == (0, 0)
    assert_session_is_dead(client, other)
    assert client.sessions(owner.access).status_code == 200
    assert client.log_in(owner.user).status_code == 200
    assert [name for name, _ in factor_signals] == ["second_factor_disabled"]
    assert len(security_log("second_factor_disabled")) == 1


def test_a_recovery_code_and_the_password_turn_it_off(client, owner):
    assert disable(client, owner.access, owner.recovery_codes[0]).status_code == 204
    assert state(client, owner.access).json() == OFF


def test_one_of_the_two_alone_does_not_turn_it_off(client, owner):
    code = owner.phone.fresh_code()
    for password, number in [("wrong", code), (PASSWORD, owner.phone.wrong_code())]:
        answer = disable(client, owner.access, number, password)
        assert answer.status_code == 401
    for body in ({"password": PASSWORD}, {"code": code}, {}):
        assert post(client, "2fa/totp/disable/", body, owner.access).status_code == 400
    assert state(client, owner.access).json()["totp"]["enabled"] is True
    assert disable(client, owner.access, code).status_code == 204  # it was not spent


def test_a_wrong_password_is_said_before_the_code_is_looked_at(client, owner, comparisons):
    answer = disable(client, owner.access, owner.phone.fresh_code(), "wrong")
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert comparisons.count == 0


def test_where_it_is_off_there_is_nothing_to_turn_off(client, access):
    assert_code_refused(disable(client, access, "123456"))


def test_after_off_the_next_set_up_starts_afresh(client, owner, clock):
    old = owner.phone
    disable(client, owner.access, old.fresh_code())
    phone = Phone(set_up(client, owner.access).json()["secret"], clock)
    assert phone.base32 != old.base32
    assert confirm(client, owner.access, phone.code()).status_code == 200


# --- who may -----------------------------------------------------------------------------------

CALLS = [
    ("get", "2fa/"),
    ("post", "2fa/totp/setup/"),
    ("post", "2fa/totp/verify/"),
    ("post", "2fa/totp/disable/"),
    ("post", "2fa/recovery-codes/"),
    ("post", "reauthenticate/"),
]
CALL_IDS = [path for _, path in CALLS]


@pytest.mark.parametrize(("method", "path"), CALLS, ids=CALL_IDS)
def test_without_a_session_every_call_is_401(client, owner, method, path):
    before = list(TOTPDevice.objects.values())
    answer = getattr(client, method)(AUTH + path, {"code": owner.phone.fresh_code()})
    assert_refused(answer, NOT_AUTHENTICATED, challenge=CHALLENGE)
    assert list(TOTPDevice.objects.values()) == before


@pytest.mark.parametrize(("method", "path"), CALLS, ids=CALL_IDS)
def test_a_refresh_token_is_no_credential(client, owner, method, path):
    headers = bearer(owner.pair["refresh"])
    answer = getattr(client, method)(AUTH + path, {"password": PASSWORD}, **headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


# --- once --------------------------------------------------------------------------------------


def forms_of(phone):
    """The secret as it could be written anywhere."""
    return [
        phone.base32,
        phone.base32.lower(),
        phone.secret.hex(),
        base64.b64encode(phone.secret).decode().rstrip("="),
        base64.urlsafe_b64encode(phone.secret).decode().rstrip("="),
        repr(phone.secret)[2:-1],
    ]


def assert_hides(text, phone):
    assert not any(form in text for form in forms_of(phone))


def test_no_later_answer_shows_the_secret(client, owner, clock):
    answers = [
        state(client, owner.access),
        client.get(AUTH + "2fa/totp/setup/", **bearer(owner.access)),
        client.options(AUTH + "2fa/totp/setup/", **bearer(owner.access)),
        set_up(client, owner.access, owner.recovery_codes[-1]),
        client.sessions(owner.access),
        client.log_in(owner.user),
        confirm(client, owner.access, "000000"),
    ]
    for answer in answers:
        assert_hides(answer.content.decode() + str(answer.headers), owner.phone)


def test_neither_repr_nor_str_nor_the_columns_show_the_secret(owner):
    device = TOTPDevice.objects.get()
    assert_hides(f"{device!r} {device} {vars(device)}", owner.phone)


def test_no_log_shows_the_secret(client, user, clock, caplog):
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    connection.force_debug_cursor = True
    try:
        access = client.pair(user)["access"]
        phone = Phone(set_up(client, access).json()["secret"], clock)
        codes = confirm(client, access, phone.code()).json()["recovery_codes"]
        complete(client, challenge(client, user), phone.fresh_code())
    finally:
        connection.force_debug_cursor = False
    written = "\n".join(f"{r.getMessage()} {r.args!r} {vars(r)!r}" for r in caplog.records)
    assert "authkit_totpdevice" in written
    assert_hides(written, phone)
    assert not any(code in written or code.replace("-", "") in written for code in codes)


@pytest.fixture
def admin_browser(make_user):
    browser = Browser()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    return browser


def test_no_page_of_the_admin_shows_the_secret(admin_browser, owner):
    device = TOTPDevice.objects.get()
    page = f"/admin/authkit/totpdevice/{device.pk}/"
    ciphertext = device.sealed_secret.partition(".")[2]
    for path in (
        "/admin/authkit/totpdevice/",
        page + "change/",
        page + "history/",
        page + "delete/",
        "/admin/authkit/totpdevice/?confirmed__exact=1",
    ):
        answer = admin_browser.get(path)
        assert answer.status_code == 200
        content = answer.content.decode()
        assert owner.user.get_username() in content
        assert_hides(content, owner.phone)
        assert ciphertext not in content
    assert admin_browser.get("/admin/authkit/totpdevice/add/").status_code == 403


def test_no_filter_of_the_admin_tells_the_secret_letter_by_letter(admin_browser, owner):
    for start in (TOTPDevice.objects.get().sealed_secret[:3], "nothing"):
        answer = admin_browser.get(
            "/admin/authkit/totpdevice/", {"sealed_secret__startswith": start}
        )
        assert answer.status_code == 400


def test_a_device_cannot_be_changed_in_the_admin(admin_browser, owner, make_user):
    device = TOTPDevice.objects.get()
    before = TOTPDevice.objects.values().get()
    body = {"user": make_user().pk, "confirmed": "", "failures": "0", "sealed_secret": "x.y"}
    admin_browser.post(f"/admin/authkit/totpdevice/{device.pk}/change/", body)
    assert TOTPDevice.objects.values().get() == before


@pytest.mark.parametrize("endpoint", ["page", "action"])
def test_the_admin_takes_a_factor_off_for_an_owner_who_lost_everything(
    admin_browser, client, owner, endpoint, security_log
):
    device = TOTPDevice.objects.get()
    if endpoint == "page":
        path, body = f"/admin/authkit/totpdevice/{device.pk}/delete/", {"post": "yes"}
    else:
        path = "/admin/authkit/totpdevice/"
        body = {"action": "delete_selected", "_selected_action": [device.pk], "post": "yes"}
    assert admin_browser.post(path, body).status_code == 302

    assert (TOTPDevice.objects.count(), RecoveryCode.objects.count()) == (0, 0)
    assert client.log_in(owner.user).status_code == 200
    assert len(security_log("second_factor_disabled")) == 1


def test_sessions_end_when_the_admin_takes_the_factor_off_as_the_mail_says(
    admin_browser, client, owner
):
    device = TOTPDevice.objects.get()
    path = f"/admin/authkit/totpdevice/{device.pk}/delete/"
    admin_browser.post(path, {"post": "yes"})
    assert_session_is_dead(client, owner.pair)


def test_deleting_an_abandoned_set_up_in_the_admin_leaves_the_app_on(admin_browser, client, owner):
    set_up(client, owner.access, owner.recovery_codes[-1])
    pending = TOTPDevice.objects.get(confirmed=False)
    path = f"/admin/authkit/totpdevice/{pending.pk}/delete/"
    assert admin_browser.post(path, {"post": "yes"}).status_code == 302
    assert state(client, owner.access).json()["totp"]["enabled"] is True


@pytest.mark.parametrize(("actions", "unlocks"), [(("view",), False), (("view", "change"), True)])
def test_an_administrator_with_the_view_permission_alone_unlocks_no_account(
    make_user, owner, client, actions, unlocks
):
    clerk = make_user(is_staff=True)
    names = [f"{action}_totpdevice" for action in actions]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=names))
    CodeAttempts.objects.update(failures=100)
    browser = Browser()
    browser.force_login(clerk)
    pk = TOTPDevice.objects.get().pk

    browser.post(
        "/admin/authkit/totpdevice/", {"action": "unlock_selected", "_selected_action": [pk]}
    )

    assert CodeAttempts.objects.get().failures == (0 if unlocks else 100)


def test_the_published_schema_has_no_secret_of_a_run(owner, tmp_path):
    target = tmp_path / "schema.json"
    call_command("spectacular", file=str(target), format="openapi-json")
    schema = target.read_text()
    assert "otpauth_url" in schema
    assert_hides(schema, owner.phone)


def test_what_a_wrong_code_leaves_is_a_line_without_the_code(client, owner, security_log):
    code = owner.phone.wrong_code(424_242)
    complete(client, challenge(client, owner.user), code)
    [(level, facts)] = security_log("second_factor_failed")
    assert level == "WARNING"
    assert set(facts) == {"event", "user", "ip"}


# --- accounts that come and go -----------------------------------------------------------------


def test_a_deleted_user_leaves_neither_device_nor_codes(client, owner):
    owner.user.delete()
    assert (TOTPDevice.objects.count(), RecoveryCode.objects.count()) == (0, 0)
    assert client.sessions(owner.access).status_code == 401


def test_an_inactive_user_can_do_nothing_with_the_factor(client, owner):
    type(owner.user).objects.update(is_active=False)
    assert state(client, owner.access).status_code == 401
    assert set_up(client, owner.access, owner.recovery_codes[-1]).status_code == 401


def test_a_lapsed_set_up_counts_as_none_for_the_next(client, user, clock):
    set_up(client, client.pair(user)["access"])
    clock.shift(3600)
    access = client.pair(user)["access"]
    phone = Phone(set_up(client, access).json()["secret"], clock)
    assert TOTPDevice.objects.count() == 1
    assert confirm(client, access, phone.code()).status_code == 200
    assert TOTPDevice.objects.get().confirmed_at == timezone.now()


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/St_Johns", "Europe/Berlin"])
def test_the_time_zone_of_the_project_changes_nothing(client, user, clock, zone):
    with override_settings(TIME_ZONE=zone):
        access = Client().pair(user)["access"]
        phone = Phone(set_up(client, access).json()["secret"], clock)
        assert confirm(client, access, phone.code()).status_code == 200
        clock.shift(timedelta(hours=2).total_seconds())
        assert complete(client, challenge(client, user), phone.code()).status_code == 200
