"""Requests under way, and what an owner or an administrator does meanwhile, in real threads.

Each request has been authenticated, and its proof checked, before the other change commits.
"""

import pytest
from authkit.models import RecoveryCode, Session, TOTPDevice

from tests.accounts.calls import EMAIL, HAS_ADDRESSES, ON, USER, change, open_link, post, token_in
from tests.accounts.test_deletion import delete
from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.database.paused import paused
from tests.factors.calls import confirm, disable, log_in_with, new_recovery_codes, set_up
from tests.factors.phone import Phone

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

OTHER = "another battery staple"
OLD, NEW, THIRD = "old@example.com", "new@example.com", "third@example.com"


@pytest.fixture(autouse=True)
def _on(settings):
    if HAS_ADDRESSES:
        settings.AUTHKIT = ON


class Account:
    """A user, the session that an attacker has copied, and another one of the owner."""

    def __init__(self, enrolment, mailoutbox):
        self.user, self.phone = enrolment.user, enrolment.phone
        self.codes = enrolment.recovery_codes
        self.stolen = enrolment.access
        self.mailoutbox = mailoutbox
        pair = log_in_with(Client(), self.user, self.codes.pop()).json()
        self.owner = pair["access"]

    def state(self):
        """Everything that takes the account over."""
        user = USER.objects.filter(pk=self.user.pk).first()
        return (
            user and getattr(user, EMAIL, None),
            sorted(TOTPDevice.objects.filter(confirmed=True).values_list("seal_context")),
            sorted(RecoveryCode.objects.values_list("digest")),
        )

    def link_to(self, address):
        return token_in([m for m in self.mailoutbox if m.to == [address]][-1])


@pytest.fixture
def account(enrol, make_user, mailoutbox):
    user = make_user("reader")
    if HAS_ADDRESSES:
        setattr(user, EMAIL, OLD)
        user.save()
    return Account(enrol(user), mailoutbox)


# --- requests under way ------------------------------------------------------------------------


def another_app(account):
    answer = set_up(Client(), account.stolen, account.codes.pop())
    phone = Phone(answer.json()["secret"], account.phone._clock)
    return lambda: confirm(Client(), account.stolen, phone.code())


def turning_it_off(account):
    code = account.phone.fresh_code()
    return lambda: disable(Client(), account.stolen, code)


def other_recovery_codes(account):
    code = account.phone.fresh_code()
    return lambda: new_recovery_codes(Client(), account.stolen, code)


def deletion(account):
    code = account.phone.fresh_code()
    return lambda: delete(Client(), account.stolen, password=PASSWORD, code=code)


def opened_link(account):
    assert change(Client(), account.stolen, NEW).status_code == 202
    token = account.link_to(NEW)
    return lambda: open_link(Client(), token)


REQUESTS = [another_app, turning_it_off, other_recovery_codes, deletion]
if HAS_ADDRESSES:
    REQUESTS.append(opened_link)


# --- and what happens meanwhile ----------------------------------------------------------------


def the_owner_ends_other_sessions(account):
    answer = Client().delete(AUTH + "sessions/", **bearer(account.owner))
    assert answer.status_code == 204


def the_owner_changes_the_password(account):
    body = {"current_password": PASSWORD, "new_password": OTHER}
    assert post(Client(), "password/change/", body, account.owner).status_code == 204


def the_owner_changes_it_in_the_session_that_was_copied(account):
    """The session goes on then, and so does the copied token; the proof was of the old password."""
    body = {"current_password": PASSWORD, "new_password": OTHER}
    assert post(Client(), "password/change/", body, account.stolen).status_code == 204


def an_administrator_sets_a_password(account):
    user = USER.objects.get(pk=account.user.pk)
    user.set_password(OTHER)
    user.save()


def an_administrator_deactivates(account):
    USER.objects.filter(pk=account.user.pk).update(is_active=False)


MEANWHILE = [
    the_owner_ends_other_sessions,
    the_owner_changes_the_password,
    the_owner_changes_it_in_the_session_that_was_copied,
    an_administrator_sets_a_password,
    an_administrator_deactivates,
]


@pytest.mark.parametrize("happens", MEANWHILE, ids=lambda act: act.__name__)
@pytest.mark.parametrize("request_of", REQUESTS, ids=lambda act: act.__name__)
def test_a_request_under_way_changes_nothing_any_more(account, request_of, happens):
    call = request_of(account)
    with paused(call, "UPDATE", USER) as answers:
        happens(account)
        before = account.state()
    assert answers[0].json()["code"] in ("session_ended", "link_invalid")
    assert answers[0].status_code in (400, 401)
    assert account.state() == before


@pytest.mark.parametrize(
    "request_of", [r for r in REQUESTS if r is not another_app], ids=lambda act: act.__name__
)
def test_a_request_under_way_sees_another_factor(account, request_of):
    call = request_of(account)
    secret = set_up(Client(), account.owner, account.codes.pop()).json()["secret"]
    # The owner's sessions other than this one would end; this one of the attacker is kept.
    session = Session.objects.exclude(pk=own_session(account.owner)).values("pk")
    with paused(call, "UPDATE", USER) as answers:
        code = Phone(secret, account.phone._clock).code()
        assert confirm(Client(), account.owner, code).status_code == 200
        Session.objects.filter(pk__in=list(session.values_list("pk", flat=True))).update(
            revoked_at=None
        )
        before = account.state()
    assert answers[0].json()["code"] in ("invalid_code", "link_invalid")
    assert account.state() == before


def own_session(access):
    sessions = Client().sessions(access).json()
    return next(each["id"] for each in sessions if each["current"])


def test_a_set_up_under_way_sees_that_the_factor_it_replaces_is_gone(account):
    first = another_app(account)
    with paused(first, "UPDATE", USER) as answers:
        other = log_in_with(Client(), account.user, account.codes.pop()).json()["access"]
        answer = disable(Client(), other, account.codes.pop())
        assert answer.status_code == 204
        Session.objects.update(revoked_at=None)
    assert (answers[0].status_code, answers[0].json()["code"]) == (400, "no_pending_setup")
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_what_holds_the_lock_is_seen_by_what_waits_for_it(account):
    """The attacker is first: then the owner's log-out of all others ends that session, too."""
    call = another_app(account)
    with paused(call, "UPDATE", USER, after=True) as answers:
        pass
    assert answers[0].status_code == 200
    assert Client().sessions(account.stolen).status_code == 200
    assert Client().sessions(account.owner).status_code == 401


@pytest.mark.addresses
def test_an_undo_under_way_sees_what_an_administrator_restores(account):
    assert opened_link(account)().status_code == 202
    undo = account.link_to(OLD)
    with paused(lambda: open_link(Client(), undo), "UPDATE", USER) as answers:
        USER.objects.filter(pk=account.user.pk).update(**{EMAIL: THIRD})
    assert answers[0].json()["code"] == "link_invalid"
    assert getattr(USER.objects.get(), EMAIL) == THIRD


@pytest.mark.addresses
def test_a_link_that_is_stopped_while_it_is_opened_changes_nothing(account):
    call = opened_link(account)
    stop = account.link_to(OLD)
    with paused(call, "UPDATE", USER) as answers:
        assert open_link(Client(), stop).status_code == 202
    assert answers[0].json()["code"] == "link_invalid"
    assert getattr(USER.objects.get(), EMAIL) == OLD
