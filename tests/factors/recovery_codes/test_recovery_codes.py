"""The codes for the day the app is lost (T-REC of the yardstick)."""

import hashlib

import pytest
from authkit.factors.recovery_codes import codes as recovery
from authkit.models import CodeAttempts, RecoveryCode, Session
from django.contrib.auth import get_user_model
from django.db import IntegrityError

from tests.database.statements import failing_statement
from tests.factors.answers import assert_code_refused
from tests.factors.calls import (
    challenge,
    complete,
    disable,
    log_in_with,
    new_recovery_codes,
    post,
    reauthenticate,
    state,
)

pytestmark = pytest.mark.django_db


def use(client, owner, code):
    return complete(client, challenge(client, owner.user), code)


@pytest.fixture
def known(owner):
    """An owner one of whose codes is known to have every kind of letter."""
    code = "01kx-tvwz-abyh-mnpq"
    RecoveryCode.objects.filter(user=owner.user).first().delete()
    RecoveryCode.objects.create(user=owner.user, digest=recovery.digest(code, owner.user.pk))
    owner.recovery_codes[:] = [code]
    return owner


# --- made --------------------------------------------------------------------------------------


def test_a_code_has_eighty_bits():
    assert len(set(recovery.ALPHABET)) == 32
    assert recovery.LENGTH * 5 == 80
    assert not set("ilou") & set(recovery.ALPHABET)


def test_every_letter_occurs_and_no_code_twice():
    codes = [code for _ in range(100) for code in recovery.new_codes()]
    assert len(set(codes)) == 1_000
    assert set("".join(codes)) == set(recovery.ALPHABET + "-")
    assert all(recovery.is_code(code) for code in codes)


def test_what_is_stored_is_a_digest_that_differs_from_user_to_user(owner, make_user):
    stored = set(RecoveryCode.objects.values_list("digest", flat=True))
    plain = [code.replace("-", "") for code in owner.recovery_codes]
    for code in [*plain, *owner.recovery_codes]:
        assert hashlib.sha256(code.encode()).hexdigest() not in stored
        assert code not in stored
        assert recovery.digest(code, owner.user.pk) in stored
        assert recovery.digest(code, make_user().pk) not in stored


# --- used --------------------------------------------------------------------------------------

SPELLINGS = {
    "as made": lambda code: code,
    "capitals": str.upper,
    "mixed case": str.title,
    "no dashes": lambda code: code.replace("-", ""),
    "spaces": lambda code: code.replace("-", " "),
    "spaces around": lambda code: f" {code} ",
    "other groups": lambda code: code.replace("-", "")[:8] + "-" + code.replace("-", "")[8:],
    "o for 0": lambda code: code.replace("0", "o"),
    "O for 0": lambda code: code.replace("0", "O"),
    "i for 1": lambda code: code.replace("1", "i"),
    "l for 1": lambda code: code.replace("1", "l"),
    "L for 1": lambda code: code.replace("1", "L"),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_a_code_is_read_as_recovery_py_promises_and_works_once(client, known, spell):
    code = known.recovery_codes[0]
    assert use(client, known, spell(code)).status_code == 200
    assert RecoveryCode.objects.count() == 9
    for again in SPELLINGS.values():
        if CodeAttempts.objects.get().window_failures < 5:
            assert_code_refused(use(client, known, again(code)))


WRONG = {
    "per cent": lambda code: "%",
    "a pattern of its length": lambda code: "_" * 16,
    "a prefix and per cent": lambda code: code[:14] + "%",
    "one letter short": lambda code: code[:-1],
    "one letter more": lambda code: code + "0",
    "the first half": lambda code: code[:9],
    "two letters swapped": lambda code: code[1] + code[0] + code[2:],
    "another last letter": lambda code: code[:-1] + ("0" if code[-1] != "0" else "1"),
    "u for v": lambda code: code.replace("v", "u"),
    "a combining accent": lambda code: code + "\u0301",
    "an accented letter": lambda code: code.replace("a", "\xe1"),
    "full width": lambda code: "".join(
        chr(ord(letter) + 0xFEE0) if letter != "-" else letter for letter in code
    ),
    "the long s": lambda code: code.replace("z", "\u017f"),
    "the Kelvin sign": lambda code: code.replace("k", "\u212a"),
    "a tab at the end": lambda code: code + "\t",
    "a line end": lambda code: code + "\n",
    "a no-break space": lambda code: code.replace("-", "\xa0"),
    "an en dash": lambda code: code.replace("-", "\u2013"),
    "an underscore": lambda code: code.replace("-", "_"),
    "quotes": lambda code: "' OR 1=1 --",
    "a digest": lambda code: recovery.digest(code, 1)[:32],
    "zeros": lambda code: "0" * 16,
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_is_like_a_code_is_none(client, known, change):
    code = known.recovery_codes[0]
    assert_code_refused(use(client, known, change(code)))
    assert RecoveryCode.objects.count() == 10
    assert CodeAttempts.objects.get().failures == 1
    assert use(client, known, code).status_code == 200


def test_no_column_widens_what_is_equal(known):
    """MySQL's usual collations do not tell case, accents and trailing spaces apart."""
    digest = RecoveryCode.objects.first().digest
    for other in (digest.upper(), digest + " ", digest[:-1] + "%", digest[:-1] + "_"):
        if other != digest:
            assert recovery.digest(known.recovery_codes[0], known.user.pk) != other
    with pytest.raises(IntegrityError):
        RecoveryCode.objects.create(user=known.user, digest=digest)


@pytest.mark.parametrize("endpoint", ["challenge", "first request", "reauthenticate", "disable"])
def test_a_code_works_wherever_the_app_does(client, owner, endpoint):
    code = owner.recovery_codes[0]
    answer = {
        "challenge": lambda: use(client, owner, code),
        "first request": lambda: log_in_with(client, owner.user, code),
        "reauthenticate": lambda: reauthenticate(client, owner.access, code=code),
        "disable": lambda: disable(client, owner.access, code),
    }[endpoint]()
    assert answer.status_code in (200, 204)
    assert not RecoveryCode.objects.filter(digest=recovery.digest(code, owner.user.pk)).exists()


def test_all_ten_work_in_any_order_and_then_none(client, owner):
    for used, code in enumerate(reversed(owner.recovery_codes), 1):
        assert use(client, owner, code).status_code == 200
        access = owner.access
        assert state(client, access).json()["recovery_codes_left"] == 10 - used
    for code in owner.recovery_codes[:5]:
        assert_code_refused(use(client, owner, code))
    assert use(client, owner, owner.phone.fresh_code()).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_owner_is_told_when_few_are_left(client, reachable_user, enrol, told, mailoutbox):
    owner = enrol(reachable_user)
    mailoutbox.clear()
    mails = []
    for code in owner.recovery_codes:
        assert use(client, owner, code).status_code == 200
        mails.append(told() and len(told()))
    if mails[-1] is None:
        return
    assert mails == [[], [], [], [], [], [], 1, 2, 3, 4]
    assert set(told()) == {"You have few recovery codes left"}
    bodies = [mail.body for mail in mailoutbox]
    counts = ["3 are left", "2 are left", "1 is left", "0 are left"]
    assert all(count in body for count, body in zip(counts, bodies, strict=True))
    assert not any(code in body for code in owner.recovery_codes for body in bodies)


# --- replaced ----------------------------------------------------------------------------------


def test_a_new_set_kills_the_old_one(client, owner, security_log):
    answer = new_recovery_codes(client, owner.access, owner.phone.fresh_code())

    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    fresh = answer.json()["recovery_codes"]
    assert len(set(fresh)) == 10
    assert set(fresh).isdisjoint(owner.recovery_codes)
    assert RecoveryCode.objects.count() == 10
    for old in owner.recovery_codes[:3]:
        assert_code_refused(use(client, owner, old))
    for new in fresh[:3]:
        assert use(client, owner, new).status_code == 200
    assert len(security_log("recovery_codes_replaced")) == 1


def test_a_recovery_code_makes_no_new_set(client, owner):
    code = owner.recovery_codes[0]
    assert_code_refused(new_recovery_codes(client, owner.access, code))
    assert RecoveryCode.objects.count() == 10
    assert use(client, owner, code).status_code == 200


def test_a_wrong_code_makes_no_new_set(client, owner):
    before = set(RecoveryCode.objects.values_list("digest", flat=True))
    for body in ({"code": owner.phone.wrong_code()}, {"code": ""}, {}):
        assert post(client, "2fa/recovery-codes/", body, owner.access).status_code in (400, 401)
    assert set(RecoveryCode.objects.values_list("digest", flat=True)) == before


@pytest.mark.django_db(transaction=True)
def test_the_old_set_stays_if_the_new_one_cannot_be_written(client, owner):
    before = set(RecoveryCode.objects.values_list("digest", flat=True))
    client.raise_request_exception = False
    with failing_statement("INSERT", RecoveryCode, IntegrityError("unique")):
        answer = new_recovery_codes(client, owner.access, owner.phone.fresh_code())
    assert answer.status_code == 500
    assert set(RecoveryCode.objects.values_list("digest", flat=True)) == before
    assert use(client, owner, owner.recovery_codes[0]).status_code == 200


def test_without_a_factor_there_are_no_codes(client, user, clock):
    access = client.pair(user)["access"]
    assert_code_refused(new_recovery_codes(client, access, "123456"))
    assert RecoveryCode.objects.count() == 0


def test_a_recovery_code_of_another_user_is_refused(client, owner, make_user, enrol):
    other = enrol(make_user())
    new_recovery_codes(client, owner.access, owner.phone.fresh_code())
    assert RecoveryCode.objects.filter(user=other.user).count() == 10
    assert use(client, other, other.recovery_codes[0]).status_code == 200


def test_a_code_is_of_no_use_to_an_account_that_is_closed(client, owner):
    waiting = challenge(client, owner.user)
    get_user_model().objects.filter(pk=owner.user.pk).update(is_active=False)
    live = Session.objects.live().count()
    assert complete(client, waiting, owner.recovery_codes[0]).status_code == 401
    assert Session.objects.live().count() == live
    assert RecoveryCode.objects.count() == 10


def test_neither_a_code_nor_a_session_says_more_of_itself_than_its_number(owner):
    for model in (RecoveryCode, Session):
        row = model.objects.first()
        assert str(row) == str(row.pk)
        assert repr(row) == f"<{model.__name__}: {row.pk}>"
