"""Which codes are taken, when, how often, and in which spelling (T-OTP of the yardstick)."""

import base64
import json
import time
from datetime import UTC, datetime

import pytest
from authkit.core import crypto
from authkit.factors.totp import rfc6238 as totp
from authkit.models import CodeAttempts, RecoveryCode, Session, TOTPDevice
from django.db import connection
from django.test import override_settings

from tests.conftest import AUTH, bearer
from tests.factors.answers import assert_code_refused, assert_unavailable
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
from tests.factors.phone import Phone, code_at

pytestmark = pytest.mark.django_db

SEED = b"12345678901234567890"

#: RFC 6238, appendix B, the SHA-1 rows: the last six of the eight digits.
VECTORS = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",  # the year 2603; its time step is larger than 2^29
}


@pytest.mark.parametrize(("moment", "code"), VECTORS.items(), ids=str)
def test_the_vectors_of_the_rfc(moment, code):
    assert totp.matching_step(SEED, code, moment) == moment // 30


@pytest.mark.parametrize("moment", [2**31, 2**32, 2**32 * 30, 2**33 * 30 + 7], ids=str)
def test_time_does_not_overflow(moment):
    assert totp.matching_step(SEED, code_at(SEED, moment), moment) == moment // 30


@pytest.mark.parametrize("steps", range(-5, 6))
def test_one_step_to_each_side_is_taken(steps):
    now = 1_000_000_000
    code = code_at(SEED, now + 30 * steps)
    expected = now // 30 + steps if steps in (-1, 0, 1) else None
    assert totp.matching_step(SEED, code, now) == expected


def test_of_two_steps_with_one_code_the_later_is_spent(monkeypatch):
    monkeypatch.setattr(totp, "hotp", lambda secret, step: 123_456)
    assert totp.matching_step(SEED, "123456", 3_000) == 101


# --- once --------------------------------------------------------------------------------------


def by_challenge(client, owner, code):
    return complete(client, challenge(client, owner.user), code)


def by_first_request(client, owner, code):
    return log_in_with(client, owner.user, code)


def by_reauthenticating(client, owner, code):
    return reauthenticate(client, owner.access, code=code)


def by_new_recovery_codes(client, owner, code):
    return new_recovery_codes(client, owner.access, code)


def by_disabling(client, owner, code):
    return disable(client, owner.access, code)


ENDPOINTS = [by_challenge, by_first_request, by_reauthenticating, by_new_recovery_codes]


def name_of(endpoint):
    return endpoint.__name__


@pytest.mark.parametrize("second", [*ENDPOINTS, by_disabling], ids=name_of)
@pytest.mark.parametrize("first", ENDPOINTS, ids=name_of)
def test_a_code_cannot_be_replayed_at_any_endpoint(client, owner, first, second):
    code = owner.phone.fresh_code()
    assert first(client, owner, code).status_code in (200, 201)
    assert_code_refused(second(client, owner, code))
    assert state(client, owner.access).json()["totp"]["enabled"] is True


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
def test_the_code_before_one_that_was_used_cannot_be_replayed(client, owner, clock, endpoint):
    clock.shift(60)
    before, now = owner.phone.code(-1), owner.phone.code()
    assert by_challenge(client, owner, now).status_code == 200
    assert_code_refused(endpoint(client, owner, before))
    assert_code_refused(endpoint(client, owner, now))


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
def test_both_of_two_codes_work_in_their_order(client, owner, clock, endpoint):
    clock.shift(60)
    before, now = owner.phone.code(-1), owner.phone.code()
    assert endpoint(client, owner, before).status_code in (200, 201)
    assert endpoint(client, owner, now).status_code in (200, 201)


@pytest.mark.parametrize("ahead", [0.1, 2, 15, 29.9])
def test_the_code_of_a_fast_phone_is_taken_once_and_its_next_one_after_it(
    client, owner, clock, ahead
):
    """A phone two seconds ahead shows the code of the next step for one attempt in fifteen."""
    clock.move_to(datetime(2026, 3, 1, 13, 0, 29, 900_000, tzinfo=UTC), tick=False)
    clock.shift(ahead)
    code = owner.phone.code()
    clock.shift(-ahead)
    assert by_challenge(client, owner, code).status_code == 200
    assert_code_refused(by_challenge(client, owner, code))
    for behind in (0, -1):  # codes before one that was used
        assert_code_refused(by_challenge(client, owner, owner.phone.code(behind)))
    clock.shift(30 + ahead)
    code = owner.phone.code()
    clock.shift(-ahead)
    assert by_challenge(client, owner, code).status_code == 200


def test_a_code_of_the_step_after_the_next_is_refused(client, owner, clock):
    clock.move_to(datetime(2026, 3, 1, 13, tzinfo=UTC), tick=False)
    assert_code_refused(by_challenge(client, owner, owner.phone.code(2)))
    assert by_challenge(client, owner, owner.phone.code(1)).status_code == 200


@pytest.mark.parametrize(("back", "status"), [(0, 200), (29, 200), (59, 200), (60, 401), (90, 401)])
def test_a_code_lives_until_the_end_of_the_next_step(client, owner, clock, back, status):
    clock.move_to(datetime(2026, 3, 1, 13, tzinfo=UTC), tick=False)
    code = owner.phone.code()
    clock.shift(back)
    assert by_challenge(client, owner, code).status_code == status


@pytest.mark.parametrize("seconds", [-3600, -90, -31, -30, -1])
def test_turning_the_clock_back_allows_no_replay(client, owner, clock, seconds):
    clock.shift(7_200)
    used = [owner.phone.code(-1), owner.phone.code()]
    for code in used:
        assert by_challenge(client, owner, code).status_code == 200
    clock.shift(seconds)
    for code in [*used, owner.phone.code(-1), owner.phone.code()]:
        assert_code_refused(by_challenge(client, owner, code))
    clock.shift(30 - seconds)
    assert by_challenge(client, owner, owner.phone.code()).status_code == 200


@pytest.mark.parametrize("year", [2038, 2107, 2600])
def test_codes_work_in_years_to_come(client, owner, clock, year):
    clock.move_to(datetime(year, 2, 7, tzinfo=UTC), tick=False)
    assert time.time() > 2**31
    assert by_challenge(client, owner, owner.phone.code()).status_code == 200
    assert_code_refused(by_challenge(client, owner, owner.phone.code()))


# --- spellings ---------------------------------------------------------------------------------


def spellings(code):
    """The code of six digits, written in ways that some library somewhere takes for it."""
    arabic = str.maketrans("0123456789", "".join(map(chr, range(0x660, 0x66A))))
    wide = str.maketrans(
        "0123456789", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19"
    )
    bold = {ord(str(n)): chr(0x1D7CE + n) for n in range(10)}
    return {
        "plus": "+" + code,
        "minus": "-" + code,
        "underscore": f"{code[:3]}_{code[3:]}",
        "leading space": " " + code,
        "trailing space": code + " ",
        "inner space": f"{code[:3]} {code[3:]}",
        "dash": f"{code[:3]}-{code[3:]}",
        "line end": code + "\n",
        "no-break space": code + "\xa0",
        "zero width": code[:3] + "\u200b" + code[3:],
        "full width": code.translate(wide),
        "arabic-indic": code.translate(arabic),
        "mathematical bold": code.translate(bold),
        "leading zero": "0" + code,
        "point": code + ".0",
        "exponent": code + "e0",
        "hexadecimal": hex(int(code)),
        "five digits": code[:5],
        "eight digits": "00" + code,
        "quoted": f'"{code}"',
        "per cent": "%",
        "per cent six times": "%" * 6,
        "underscores": "_" * 6,
        "sql": "' OR '1'='1",
    }


SPELLINGS = list(spellings("123456"))


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, by_disabling], ids=name_of)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_code_in_another_spelling_is_refused_and_costs_nothing(client, owner, spelling, endpoint):
    code = owner.phone.fresh_code()
    answer = endpoint(client, owner, spellings(code)[spelling])
    assert_code_refused(answer)
    assert by_challenge(client, owner, code).status_code == 200
    assert RecoveryCode.objects.count() == 10


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_first_code_in_another_spelling_turns_nothing_on(client, user, clock, spelling):
    access = client.pair(user)["access"]
    phone = Phone(set_up(client, access).json()["secret"], clock)
    assert_code_refused(confirm(client, access, spellings(phone.code())[spelling]))
    assert state(client, access).json()["totp"]["enabled"] is False
    assert confirm(client, access, phone.code()).status_code == 200


NO_STRINGS = {
    "int": 123456,
    "float": 123456.9,
    "exponent": 1.23456e5,
    "true": True,
    "null": None,
    "list": ["123456"],
    "object": {"0": "123456"},
    "empty": "",
    "nul": "123456\x00",
    "33 characters": "1" * 33,
    "5000 digits": "1" * 5_000,
    "60,000 digits": "1" * 60_000,
}

PLACES = {
    "token/second-factor/": {"challenge": "x"},
    "token/": {"username": "x", "email": "x@example.com", "login": "x", "password": "x"},
    "reauthenticate/": {},
    "2fa/totp/verify/": {},
    "2fa/totp/disable/": {"password": "x"},
    "2fa/recovery-codes/": {},
}


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("value", NO_STRINGS.values(), ids=NO_STRINGS)
def test_what_is_no_string_of_32_characters_is_400_before_anything_is_done(
    client, owner, comparisons, path, value
):
    member = "otp" if path == "token/" else "code"
    body = json.dumps(PLACES[path] | {member: value})
    headers = bearer(owner.access)
    answer = client.generic("POST", AUTH + path, body, "application/json", **headers)
    assert (answer.status_code, list(answer.json())) == (400, [member])
    assert comparisons.count == 0
    assert CodeAttempts.objects.get().failures == 0


def test_a_number_that_has_lost_its_zeros_is_another_code(client, owner, clock):
    code = owner.phone.fresh_code()
    while not code.startswith("0"):
        code = owner.phone.fresh_code()
    assert_code_refused(by_challenge(client, owner, code.lstrip("0") or "0"))
    assert by_challenge(client, owner, code).status_code == 200


# --- whose -------------------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, by_disabling], ids=name_of)
def test_a_code_of_another_user_is_worth_nothing(client, owner, make_user, enrol, endpoint):
    other = enrol(make_user())
    code = other.phone.fresh_code()
    assert_code_refused(endpoint(client, owner, code))
    assert_code_refused(endpoint(client, owner, other.recovery_codes[0]))
    assert by_challenge(client, other, code).status_code == 200
    assert by_challenge(client, other, other.recovery_codes[0]).status_code == 200


def test_users_with_one_secret_do_not_spend_each_others_codes(client, owner, make_user, enrol):
    other = enrol(make_user())
    twin = other.device
    twin.seal(owner.phone.secret)
    twin.save()
    code = owner.phone.fresh_code()
    assert by_challenge(client, owner, code).status_code == 200
    assert by_challenge(client, other, code).status_code == 200
    assert_code_refused(by_challenge(client, owner, code))


def test_a_set_up_that_waits_is_no_second_way_in(client, owner, clock):
    waiting = Phone(set_up(client, owner.access, owner.recovery_codes[-1]).json()["secret"], clock)
    for endpoint in ENDPOINTS:
        assert_code_refused(endpoint(client, owner, waiting.fresh_code()))


# --- what cannot be decrypted ------------------------------------------------------------------


def sealed(device):
    return TOTPDevice.objects.values_list("sealed_secret", flat=True).get(pk=device.pk)


def store(device, value):
    table = connection.ops.quote_name(TOTPDevice._meta.db_table)
    with connection.cursor() as cursor:
        sql = f"UPDATE {table} SET sealed_secret = %s WHERE id = %s"
        cursor.execute(sql, [value, device.pk])


def from_another_user(owner, other):
    return sealed(other.device)


def truncated(owner, other):
    return sealed(owner.device)[:-8]


def without_ciphertext(owner, other):
    return sealed(owner.device).partition(".")[0] + "."


def nothing(owner, other):
    return ""


def a_nonce_alone(owner, other):
    return sealed(owner.device).partition(".")[0] + "." + base64.b64encode(b"n" * 12).decode()


def no_base64(owner, other):
    return sealed(owner.device).partition(".")[0] + ".\u20ac!"


def unknown_key(owner, other):
    return "gone." + sealed(owner.device).partition(".")[2]


def plain_text(owner, other):
    return owner.phone.base32


def one_bit_off(owner, other):
    key_id, _, value = sealed(owner.device).partition(".")
    raw = bytearray(base64.urlsafe_b64decode(value))
    raw[-1] ^= 1
    return f"{key_id}.{base64.urlsafe_b64encode(raw).decode()}"


def under_another_context(owner, other):
    return crypto.seal(owner.phone.secret, context="authkit.totp:0:0")


DAMAGE = [
    from_another_user,
    truncated,
    without_ciphertext,
    nothing,
    a_nonce_alone,
    no_base64,
    unknown_key,
    plain_text,
    one_bit_off,
    under_another_context,
]


@pytest.fixture(params=DAMAGE, ids=name_of)
def damaged(request, owner, make_user, enrol):
    store(owner.device, request.param(owner, enrol(make_user())))
    return owner


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, by_disabling], ids=name_of)
def test_a_secret_that_cannot_be_decrypted_is_503_and_no_way_in(client, damaged, endpoint):
    waiting = client.log_in(damaged.user)
    assert waiting.status_code == 202  # and not 200: the factor is on, whatever its state
    before = set(Session.objects.live())
    assert_unavailable(endpoint(client, damaged, damaged.phone.fresh_code()))
    assert set(Session.objects.live()) == before
    assert state(client, damaged.access).json()["totp"]["enabled"] is True


def test_a_recovery_code_still_opens_what_cannot_be_decrypted(client, damaged):
    assert by_challenge(client, damaged, damaged.recovery_codes[0]).status_code == 200


def test_a_secret_that_moved_with_its_context_is_another_users_still(
    client, owner, make_user, enrol
):
    """The whole row's contents, copied: the owner's id is part of the context."""
    thief = enrol(make_user())
    TOTPDevice.objects.filter(pk=owner.device.pk).update(
        sealed_secret=thief.device.sealed_secret, seal_context=thief.device.seal_context
    )
    assert_unavailable(by_challenge(client, owner, thief.phone.fresh_code()))


def test_a_set_up_under_a_lost_key_is_503(client, user, clock):
    access = client.pair(user)["access"]
    phone = Phone(set_up(client, access).json()["secret"], clock)
    store(TOTPDevice.objects.get(), "gone.AAAA")
    assert_unavailable(confirm(client, access, phone.code()))
    assert state(client, access).json()["totp"]["enabled"] is False


def test_another_secret_key_is_503(client, owner):
    waiting = challenge(client, owner.user)
    jwt = {"SIMPLE_JWT": {"SIGNING_KEY": "only-for-the-tests-" * 4}}
    code = owner.phone.fresh_code()
    with override_settings(**jwt, SECRET_KEY="k" * 64):
        assert client.log_in(owner.user).status_code == 202
        answer = complete(client, challenge(client, owner.user), code)
        assert_unavailable(answer)
    assert complete(client, waiting, code).status_code == 200


def test_a_failure_to_decrypt_is_no_log_line_with_the_code(client, damaged, caplog):
    caplog.set_level("DEBUG")
    code = damaged.phone.fresh_code()
    by_challenge(client, damaged, code)
    assert not any(code in record.getMessage() for record in caplog.records)


def test_a_failure_to_decrypt_is_an_alarm(client, damaged, security_log):
    """T-OTP-09."""
    assert log_in_with(client, damaged.user, damaged.phone.fresh_code()).status_code == 503
    [(level, facts)] = security_log("second_factor_unavailable")
    assert (level, str(facts["user"])) == ("CRITICAL", str(damaged.user.pk))
