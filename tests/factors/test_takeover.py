"""An attacker with a copied access token of a recent log-in, and the second factor."""

import pytest
from authkit.factors.flows import remove_second_factor
from authkit.factors.totp import flows
from authkit.models import RecoveryCode, Session, TOTPDevice
from django.contrib.auth import get_user_model

from tests.conftest import PASSWORD, Client
from tests.database.statements import at_statement
from tests.factors.answers import NOTHING_PENDING, assert_code_refused, assert_too_many
from tests.factors.calls import (
    challenge,
    complete,
    confirm,
    disable,
    log_in_with,
    new_recovery_codes,
    post,
    reauthenticate,
    set_up,
    state,
)
from tests.factors.phone import Phone
from tests.sessions.answers import assert_refused, assert_session_ended

pytestmark = pytest.mark.django_db(transaction=True)

REQUIRED = ["This field is required."]
USER = get_user_model()


def test_a_fresh_token_alone_replaces_no_factor(client, owner):
    answer = set_up(client, owner.access)
    assert (answer.status_code, answer.json()) == (400, {"code": REQUIRED})
    fresh = reauthenticate(client, owner.access, code=owner.phone.fresh_code()).json()["access"]
    assert set_up(client, fresh).status_code == 400
    body = {"password": PASSWORD}
    assert post(client, "2fa/totp/setup/", body, fresh).status_code == 400
    assert not TOTPDevice.objects.filter(confirmed=False).exists()


def test_nothing_was_counted_by_that(client, owner):
    for _ in range(20):
        set_up(client, owner.access)
    assert set_up(client, owner.access, owner.phone.fresh_code()).status_code == 201


def test_a_wrong_code_replaces_none_and_counts_like_all_others(client, owner, security_log):
    for number in range(5):
        assert_code_refused(set_up(client, owner.access, owner.phone.wrong_code(number)))
        assert_code_refused(
            reauthenticate(client, owner.access, code=owner.phone.wrong_code(number))
        )
    assert_too_many(set_up(client, owner.access, owner.phone.fresh_code()))
    assert_too_many(log_in_with(client, owner.user, owner.phone.code()))
    assert not TOTPDevice.objects.filter(confirmed=False).exists()
    assert len(security_log("second_factor_failed")) == 10


def test_a_code_of_the_app_does_once(client, owner):
    code = owner.phone.fresh_code()
    assert set_up(client, owner.access, code).status_code == 201
    assert_code_refused(set_up(client, owner.access, code))


def test_a_recovery_code_does_once(client, owner):
    code = owner.recovery_codes[0]
    assert set_up(client, owner.access, code).status_code == 201
    assert_code_refused(set_up(client, owner.access, code))
    assert RecoveryCode.objects.count() == 9


def test_an_old_log_in_with_a_code_does(client, owner, clock):
    pair = complete(client, challenge(client, owner.user), owner.phone.fresh_code()).json()
    clock.shift(299)
    access = client.refresh(pair["refresh"]).json()["access"]
    clock.shift(200)
    assert set_up(client, access, owner.phone.code()).status_code == 201


def turned_on_elsewhere(user):
    """Turn the factor on in another way, as an import does."""
    device = TOTPDevice(user=user, name="TOTP", confirmed=True)
    device.seal(b"12345678901234567890")
    device.save()


def test_a_set_up_from_before_replaces_no_factor_of_afterwards(client, user, clock):
    stolen = client.pair(user)["access"]
    phone = Phone(set_up(client, stolen).json()["secret"], clock)
    turned_on_elsewhere(user)
    answer = confirm(client, stolen, phone.code())
    assert_refused(answer, NOTHING_PENDING, status=400, challenge=None)
    assert TOTPDevice.objects.get(confirmed=True).unseal() == b"12345678901234567890"


def test_nor_where_it_is_turned_on_while_the_code_is_checked(client, user, clock):
    stolen = client.pair(user)["access"]
    phone = Phone(set_up(client, stolen).json()["secret"], clock)
    with at_statement("UPDATE", USER, lambda: turned_on_elsewhere(user)):
        answer = confirm(client, stolen, phone.code())
    assert_refused(answer, NOTHING_PENDING, status=400, challenge=None)


def test_a_set_up_for_one_app_does_not_replace_the_next(client, owner, clock):
    """The owner moves to another app by the recovery code of a set-up of her own."""
    waiting = flows.set_up(owner.user, owner.recovery_codes[0])
    disable(client, owner.access, owner.phone.fresh_code())
    turned_on_elsewhere(owner.user)
    code = Phone(waiting.secret, clock).code()
    again = log_in_with(client, owner.user, Phone("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", clock).code())
    answer = confirm(client, again.json()["access"], code)
    assert_refused(answer, NOTHING_PENDING, status=400, challenge=None)


# --- requests under way ------------------------------------------------------------------------


def reset_password(user):
    user = USER.objects.get(pk=user.pk)
    user.set_password("another battery staple")
    user.save()


def end_sessions(user):
    for session in Session.objects.all():
        session.revoked_at = session.created_at
        session.save()


def deactivate(user):
    USER.objects.update(is_active=False)


@pytest.mark.parametrize(
    "happens", [reset_password, end_sessions, deactivate], ids=lambda act: act.__name__
)
def test_a_verification_under_way_turns_nothing_on(client, user, clock, happens):
    stolen = client.pair(user)["access"]
    phone = Phone(set_up(client, stolen).json()["secret"], clock)
    with at_statement("UPDATE", USER, lambda: happens(user)):
        assert_session_ended(confirm(client, stolen, phone.code()))
    assert not TOTPDevice.objects.filter(confirmed=True).exists()
    assert not RecoveryCode.objects.exists()


@pytest.mark.parametrize(
    "happens", [reset_password, end_sessions, deactivate], ids=lambda act: act.__name__
)
@pytest.mark.parametrize("call", [disable, new_recovery_codes], ids=lambda call: call.__name__)
def test_a_change_under_way_is_not_made(client, owner, call, happens):
    code = owner.phone.fresh_code()
    before = sorted(RecoveryCode.objects.values_list("digest"))
    with at_statement("UPDATE", USER, lambda: happens(owner.user)):
        assert_session_ended(call(client, owner.access, code))
    assert owner.device
    assert sorted(RecoveryCode.objects.values_list("digest")) == before


def test_an_administrator_removes_a_factor_in_one_transaction_with_the_sessions(client, owner):
    with pytest.raises(RuntimeError), at_statement("UPDATE", Session, _fail):
        remove_second_factor(owner.user)
    assert owner.device
    assert state(Client(), owner.access).json()["totp"]["enabled"] is True


def _fail():
    raise RuntimeError
