"""A user who has forgotten their password sets a new one by a mailed link, and no one else does."""

import json
from datetime import timedelta

import pytest
from authkit.core import clock as authkit_clock
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import find, issue
from authkit.models import (
    CodeAttempts,
    OneTimeLink,
    PasswordAttempts,
    RecoveryCode,
    SecurityEvent,
    Session,
    TOTPDevice,
)
from authkit.passwords import reset
from authkit.passwords.checking.attempts import unlock_passwords
from authkit.passwords.reset import MAILS, PER_NETWORK, uid_of
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.test import override_settings

from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.database.statements import failing_statement
from tests.factors.conftest import enrol
from tests.passwords.conftest import CONFIRM, LINK, RESET, interrupted
from tests.passwords.newer_password import close_to_passwords
from tests.sessions.answers import assert_session_is_dead, assert_session_lives

__all__ = ["enrol"]

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "another correct horse"
INVALID_LINK = {
    "detail": "The link is not valid or has expired.",
    "code": "link_invalid",
}


def stored(user):
    return get_user_model().objects.get(pk=user.pk)


def assert_invalid_link(answer):
    assert (answer.status_code, answer.json()) == (400, INVALID_LINK)


# --- the way through ----------------------------------------------------------------------


def test_a_link_in_a_mail_sets_a_new_password_and_ends_every_session(
    client, reader, make_reader, forgetful, mailoutbox, sent, security_log
):
    pairs, foreign = [client.pair(reader) for _ in range(2)], client.pair(make_reader("other"))
    sent.clear()

    answer = forgetful.ask("reader@example.com")

    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (202, b"{}", "no-store")
    [mail] = mailoutbox
    assert mail.to == ["reader@example.com"]
    assert mail.subject == "Choose a new password"
    assert "30 minutes" in mail.body
    assert reader.get_username() in mail.body
    link = forgetful.read()
    assert link["uid"] == uid_of(reader)
    escaped = LINK.format(**link).replace("&", "&amp;")
    assert f'<a href="{escaped}">' in mail.alternatives[0][0]
    assert sent == []

    answer = forgetful.confirm(link, NEW)

    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (204, b"", "no-store")
    assert stored(reader).check_password(NEW)
    for pair in pairs:
        assert_session_is_dead(client, pair)
    assert_session_lives(client, foreign)
    assert Session.objects.filter(user=reader, revoked_at=None).count() == 0
    assert [name for name, _ in sent] == ["session_ended"] * 2 + ["password_reset"]
    assert sent[-1][1] == {"user": reader}
    assert mailoutbox[1].to == ["reader@example.com"]
    assert mailoutbox[1].subject == "Your password has been changed"
    assert client.log_in(reader).status_code == 401
    assert client.log_in(reader, NEW).status_code == 200
    kinds = ["password_reset_requested", "password_reset"]
    assert [len(security_log(kind)) for kind in kinds] == [1, 1]
    assert SecurityEvent.objects.filter(user=reader, kind__in=kinds).count() == 2


def test_asking_changes_nothing(client, reader, forgetful):
    pair, before = client.pair(reader), stored(reader)
    for _ in range(5):
        forgetful.ask("reader@example.com")
    assert stored(reader).password == before.password
    assert_session_lives(client, pair)
    assert client.log_in(reader).status_code == 200


def test_the_second_factor_stays_and_is_required(client, reader, enrol, forgetful):
    owner = enrol(reader)
    devices = list(TOTPDevice.objects.values())
    codes = list(RecoveryCode.objects.values())
    answer = forgetful.confirm(forgetful.link("reader@example.com"), NEW)
    assert (answer.status_code, answer.content) == (204, b"")
    assert list(TOTPDevice.objects.values()) == devices != []
    assert list(RecoveryCode.objects.values()) == codes != []
    answer = client.log_in(reader, NEW)
    assert (answer.status_code, answer.json()["methods"]) == (202, ["totp", "recovery_code"])
    assert owner.access


def test_the_lifetime_in_the_mail_is_that_of_the_settings(reader, forgetful, settings, mailoutbox):
    settings.AUTHKIT |= {"PASSWORD_RESET_LIFETIME": timedelta(minutes=1)}
    forgetful.ask("reader@example.com")
    assert "for one minute" in mailoutbox[0].body


# --- who gets a mail ----------------------------------------------------------------------


def fields_of(user):
    return {field.name for field in user._meta.get_fields()}


@pytest.mark.parametrize(
    "typed", ["READER@EXAMPLE.COM", "Reader@Example.com", "\uff52eader@example.com"]
)
def test_capitals_do_not_matter_and_the_mail_goes_where_the_account_says(
    reader, forgetful, mailoutbox, typed
):
    assert forgetful.ask(typed).status_code == 202
    assert [mail.to for mail in mailoutbox] in ([], [["reader@example.com"]])
    assert bool(mailoutbox) or not typed.isascii()


@pytest.mark.parametrize(
    "typed",
    [
        "mike@example.org ",
        "m\u0131ke@example.org",
        "mike@ex\u0430mple.org",
        "mike@example.org,evil@example.net",
        "mike@example.org\r\nBcc: evil@example.net",
        "evil@example.net\nmike@example.org",
        "%@example.org",
        "_ike@example.org",
        "mike",
        "@",
        "",
    ],
)
def test_what_only_looks_like_an_address_gets_nothing(make_reader, forgetful, mailoutbox, typed):
    make_reader("mike", "mike@example.org")
    answer = forgetful.ask(typed)
    assert answer.status_code == (400 if typed == "" else 202)
    assert mailoutbox == []


def test_no_mail_goes_to_a_lookalike_that_the_database_takes_for_equal(
    make_reader, forgetful, mailoutbox, monkeypatch
):
    make_reader("mike", "mike@example.org")
    column = get_user_model().get_email_field_name()
    original = reset.get_user_model()._default_manager.get_queryset

    def every_row(*args, **kwargs):
        found = original()
        found.filter = lambda *conditions: found
        return found

    manager = get_user_model()._default_manager
    monkeypatch.setattr(manager, "using", every_row)
    forgetful.ask("m\u0131ke@example.org")
    assert column
    assert mailoutbox == []


def test_accounts_that_share_an_address_get_a_link_each(make_reader, forgetful, mailoutbox):
    one = make_reader("one", "shared@example.com")
    two = make_reader("two", "Shared@Example.com")
    forgetful.ask("shared@example.com")
    assert sorted(mail.to[0] for mail in mailoutbox) == ["Shared@Example.com", "shared@example.com"]
    links = {mail.to[0]: mail for mail in mailoutbox}
    for user, address in ((one, "shared@example.com"), (two, "Shared@Example.com")):
        mailoutbox.append(links[address])
        link = forgetful.read()
        assert link["uid"] == uid_of(user)
        assert forgetful.confirm(link, NEW + user.get_username()).status_code == 204
    for user in (one, two):
        assert stored(user).check_password(NEW + user.get_username())


def test_an_account_that_is_not_active_gets_nothing(make_reader, forgetful, mailoutbox):
    make_reader("reader", is_active=False)
    assert forgetful.ask("reader@example.com").status_code == 202
    assert mailoutbox == []


def test_an_account_whose_password_is_elsewhere_gets_nothing(make_reader, forgetful, mailoutbox):
    user = make_reader("reader")
    user.set_unusable_password()
    user.save()
    assert forgetful.ask("reader@example.com").status_code == 202
    assert mailoutbox == []


def test_where_users_have_no_address_the_answer_is_the_same(
    make_user, forgetful, mailoutbox, monkeypatch
):
    make_user("reader")
    monkeypatch.setattr(get_user_model(), "get_email_field_name", lambda *a: "no_such_column")
    assert forgetful.ask("reader@example.com").status_code == 202
    assert mailoutbox == []


# --- no user enumeration -----------------------------------------------------------------


def unknown(make_reader, enrol):
    pass


def known(make_reader, enrol):
    make_reader("reader")


def inactive(make_reader, enrol):
    make_reader("reader", is_active=False)


def without_password(make_reader, enrol):
    user = make_reader("reader")
    user.set_unusable_password()
    user.save()


def with_factor(make_reader, enrol):
    enrol(make_reader("reader"))


def locked(make_reader, enrol):
    user = make_reader("reader")
    for number in range(100):
        Client(REMOTE_ADDR=f"10.9.{number // 10}.1").log_in(user, "wrong")


STATES = [unknown, known, inactive, without_password, with_factor, locked]


def asked(forgetful, queries, address):
    """Ask; return all that is answered, and what kinds of statements it took."""
    with queries(30) as captured:
        answer = forgetful.ask(address)
    statements = [query["sql"].split(" ", 1)[0] for query in captured]
    return answer.status_code, answer.content, dict(answer.headers), statements


@pytest.fixture
def unknown_answer(forgetful, django_assert_max_num_queries):
    return asked(forgetful, django_assert_max_num_queries, "nobody@example.com")


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_every_account_is_answered_alike_against_user_enumeration(
    make_reader, enrol, forgetful, django_assert_max_num_queries, unknown_answer, mailoutbox, state
):
    state(make_reader, enrol)
    assert asked(forgetful, django_assert_max_num_queries, "reader@example.com") == unknown_answer
    assert unknown_answer[0] == 202
    links = [mail for mail in mailoutbox if mail.subject == "Choose a new password"]
    assert len(links) == (state in (known, with_factor, locked))


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_user_enumeration_is_prevented_where_no_mail_can_be_sent_too(
    make_reader, enrol, forgetful, django_assert_max_num_queries, unknown_answer, monkeypatch, state
):
    def fail(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(EmailMultiAlternatives, "send", fail)
    state(make_reader, enrol)
    assert asked(forgetful, django_assert_max_num_queries, "reader@example.com") == unknown_answer


@pytest.mark.parametrize("address", ["reader@example.com", "nobody@example.com"])
def test_user_enumeration_is_prevented_without_a_url_too(
    reader, forgetful, mailoutbox, settings, security_log, address
):
    settings.AUTHKIT = {}
    assert forgetful.ask(address).status_code == 202
    assert mailoutbox == []
    assert [level for level, _ in security_log("password_reset_unconfigured")] == ["ERROR"]


def test_a_template_of_a_url_that_is_wrong_is_filled_in_all_the_same(
    reader, forgetful, mailoutbox, settings
):
    settings.AUTHKIT = {"PASSWORD_RESET_URL": "https://app.example/{0}/{nobody}/{"}
    assert forgetful.ask("reader@example.com").status_code == 202
    assert "https://app.example/{0}/{nobody}/{" in mailoutbox[0].body


@override_settings(ALLOWED_HOSTS=["*"], USE_X_FORWARDED_HOST=True)
@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": "testserver:80@evil.example"},
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
        {"HTTP_FORWARDED": "host=evil.example"},
        {"HTTP_REFERER": "https://evil.example/", "HTTP_ORIGIN": "https://evil.example"},
    ],
    ids=lambda headers: "+".join(headers),
)
def test_no_header_gets_into_the_mail(reader, forgetful, mailoutbox, headers):
    assert forgetful.ask("reader@example.com", **headers).status_code in (202, 400)
    assert all("evil" not in str(mail.message()) for mail in mailoutbox)


# --- limits -------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["reader@example.com", "nobody@example.com"])
def test_the_rate_limit_of_three_mails_in_the_lifetime_of_a_link_is_silent(
    reader, forgetful, mailoutbox, clock, address
):
    answers = [
        forgetful.ask(spelling, REMOTE_ADDR=f"10.2.{number}.1")
        for number in range(50)
        for spelling in (address, address.upper())
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"{}")}
    assert len(mailoutbox) == (MAILS if address == "reader@example.com" else 0)
    clock.shift(30 * 60)
    forgetful.ask(address)
    assert len(mailoutbox) == (MAILS + 1 if address == "reader@example.com" else 0)


@pytest.mark.parametrize("name", ["reader{}@example.com", "nobody{}@example.com"])
def test_the_rate_limit_of_a_network_holds_for_all_emails(
    make_reader, forgetful, clock, name, mailoutbox, security_log
):
    make_reader("reader99")
    mails = 1 if name.startswith("reader") else 0

    def ask(number, ip="10.3.0.1"):
        answer = forgetful.ask(name.format(number), REMOTE_ADDR=ip)
        assert (answer.status_code, answer.json()) == (202, {})

    for number in range(PER_NETWORK.number):
        ask(number)
    assert security_log("password_reset_limited") == []
    ask(99)
    assert len(security_log("password_reset_limited")) == 1
    assert mailoutbox == []
    ask(99, ip="10.3.0.2")
    assert len(mailoutbox) == mails
    clock.shift(3600)
    ask(99)
    assert len(mailoutbox) == 2 * mails


def test_a_client_without_an_address_is_not_counted_with_others(reader, forgetful):
    for _ in range(PER_NETWORK.number + 1):
        assert forgetful.ask("nobody@example.com", REMOTE_ADDR="").status_code == 202


# --- what a link is good for --------------------------------------------------------------


def test_a_link_cannot_be_replayed(reader, forgetful):
    link = forgetful.link("reader@example.com")
    assert forgetful.confirm(link, NEW).status_code == 204
    assert_invalid_link(forgetful.confirm(link, NEW + " again"))
    assert stored(reader).check_password(NEW)


def test_a_link_works_for_thirty_minutes(reader, forgetful, clock):
    link = forgetful.link("reader@example.com")
    clock.shift(30 * 60)
    assert_invalid_link(forgetful.confirm(link, NEW))
    link = forgetful.link("reader@example.com")
    clock.shift(30 * 60 - 1)
    assert forgetful.confirm(link, NEW).status_code == 204


def test_each_link_in_the_mailbox_works_and_the_first_that_is_used_ends_the_others(
    reader, forgetful
):
    links = [forgetful.link("reader@example.com") for _ in range(MAILS)]
    assert forgetful.confirm(links[1], NEW).status_code == 204
    for other in (links[0], links[2]):
        assert_invalid_link(forgetful.confirm(other, NEW + " again"))


def test_strangers_who_use_up_the_mails_leave_a_link_that_works(
    reader, forgetful, clock, mailoutbox
):
    """Whenever the owner asks in these hours, one of the links in the mailbox is valid."""
    for minute in range(180):
        forgetful.ask("reader@example.com", REMOTE_ADDR=f"10.4.{minute}.1")
        token = forgetful.read()["token"]
        assert find(Purpose.PASSWORD_RESET, token) is not None, minute
        clock.shift(60)


def change_password(user):
    user.set_password("changed in the admin")
    user.save()


def change_address(user):
    user.email = "new@example.com"
    setattr(user, user.get_email_field_name(), "new@example.com")
    user.save()


def deactivate(user):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize(
    "change", [change_password, change_address, deactivate, close_to_passwords]
)
def test_a_change_of_the_account_ends_the_link(reader, forgetful, change):
    link = forgetful.link("reader@example.com")
    change(stored(reader))
    before = stored(reader).password
    assert_invalid_link(forgetful.confirm(link, NEW))
    assert stored(reader).password == before


def test_a_log_in_does_not_end_the_link(client, reader, forgetful):
    link = forgetful.link("reader@example.com")
    assert client.log_in(reader).status_code == 200
    assert forgetful.confirm(link, NEW).status_code == 204


def test_looking_at_the_address_spends_nothing(client, reader, forgetful):
    link = forgetful.link("reader@example.com")
    for method in (client.get, client.head, client.options, client.put, client.delete):
        assert method(CONFIRM, link).status_code in (200, 405)
    assert forgetful.confirm(link, NEW).status_code == 204


def test_a_password_that_is_refused_spends_nothing(reader, forgetful):
    link = forgetful.link("reader@example.com")
    answer = forgetful.confirm(link, "short")
    assert (answer.status_code, list(answer.json())) == (400, ["new_password"])
    assert forgetful.confirm(link, NEW).status_code == 204


def test_a_wrong_link_does_not_ask_the_validators(reader, forgetful):
    answer = forgetful.confirm({"uid": uid_of(reader), "token": "x" * 43}, "short")
    assert_invalid_link(answer)


def test_another_users_uid_does_not_fit(reader, make_reader, forgetful, security_log):
    other = make_reader("other")
    link = forgetful.link("reader@example.com")
    for uid in (uid_of(other), "", link["uid"] + "=", link["uid"].swapcase() + "x", "MQ"):
        if uid == link["uid"]:
            continue
        answer = forgetful.confirm(link | {"uid": uid}, NEW)
        assert answer.status_code == 400
    assert stored(other).check_password(PASSWORD)
    assert stored(reader).check_password(PASSWORD)
    assert security_log("password_reset_failed")


@pytest.mark.parametrize("purpose", set(Purpose) - {Purpose.PASSWORD_RESET})
def test_a_token_of_another_purpose_is_none(reader, forgetful, purpose):
    [token] = issue(purpose, [(reader, "reader@example.com")], timedelta(hours=1))
    assert_invalid_link(forgetful.confirm({"uid": uid_of(reader), "token": token}, NEW))


def test_a_link_of_django_is_none(reader, forgetful):
    token = default_token_generator.make_token(reader)
    assert_invalid_link(forgetful.confirm({"uid": uid_of(reader), "token": token}, NEW))


def test_what_the_table_holds_opens_nothing(reader, forgetful):
    forgetful.link("reader@example.com")
    row = OneTimeLink.objects.get()
    for stolen in (row.digest, row.fingerprint, str(row.pk)):
        assert_invalid_link(forgetful.confirm({"uid": uid_of(reader), "token": stolen}, NEW))


def test_a_confirmation_that_fails_half_way_changes_nothing(client, reader, forgetful):
    pair, link = client.pair(reader), forgetful.link("reader@example.com")
    client.raise_request_exception = False
    with failing_statement("UPDATE", Session, RuntimeError("the database went away")):
        assert forgetful.confirm(link, NEW).status_code == 500
    client.raise_request_exception = True
    assert stored(reader).check_password(PASSWORD)
    assert_session_lives(client, pair)
    assert forgetful.confirm(link, NEW).status_code == 204


def test_a_confirmation_that_loses_the_race_is_told_that_the_link_is_used(reader, forgetful):
    link = forgetful.link("reader@example.com")
    with interrupted(OneTimeLink.objects.all().delete):
        assert_invalid_link(forgetful.confirm(link, NEW))
    assert stored(reader).check_password(PASSWORD)


def change_inside(user):
    client = Client()
    access = client.pair(user)["access"]
    body = {"current_password": PASSWORD, "new_password": "changed inside"}
    answer = client.post(AUTH + "password/change/", body, **bearer(access))
    assert answer.status_code == 204


@pytest.mark.parametrize("change", [change_password, change_inside, close_to_passwords])
def test_what_is_set_during_a_confirmation_stays(
    client, reader, forgetful, change, sent, mailoutbox
):
    link = forgetful.link("reader@example.com")

    with interrupted(lambda: change(stored(reader))):
        answer = forgetful.confirm(link, NEW)

    assert_invalid_link(answer)
    assert not stored(reader).check_password(NEW)
    assert stored(reader).has_usable_password() == (change is not close_to_passwords)
    assert "password_reset" not in [name for name, _ in sent]
    assert_invalid_link(forgetful.confirm(link, NEW))


# --- the lock -----------------------------------------------------------------------------


def lock(user, name=None):
    """Guess a hundred times from all over, by a spelling of the name."""
    body = {user.USERNAME_FIELD: name or user.get_username(), "password": "wrong"}
    answers = [
        Client(REMOTE_ADDR=f"10.9.{number // 10}.1").post("/api/v1/auth/token/", body)
        for number in range(100)
    ]
    assert answers[-1].status_code == 401


def test_a_reset_lifts_a_lockout_that_attackers_caused(client, reader, forgetful):
    lock(reader)
    assert client.log_in(reader).status_code == 423
    assert forgetful.confirm(forgetful.link("reader@example.com"), NEW).status_code == 204
    assert client.log_in(reader, NEW).status_code == 200


def test_a_reset_lifts_the_lockout_of_codes_and_gives_no_new_window(reader, forgetful, clock):
    began = authkit_clock.now()
    row = CodeAttempts.objects.create(
        user=reader, failures=100, window_failures=10, last_attempt_at=began
    )
    assert forgetful.confirm(forgetful.link("reader@example.com"), NEW).status_code == 204
    row.refresh_from_db()
    assert (row.failures, row.window_failures, row.last_attempt_at) == (0, 10, began)


def test_also_where_they_spelt_the_name_their_own_way(client, reader, forgetful):
    lock(reader, reader.get_username().title())
    assert client.log_in(reader).status_code == 423
    assert forgetful.confirm(forgetful.link("reader@example.com"), NEW).status_code == 204
    assert client.log_in(reader, NEW).status_code == 200


def test_the_reset_of_one_forgives_no_guess_at_another(client, make_reader, forgetful):
    victim = make_reader("victim")
    by_address = victim.USERNAME_FIELD == "email"
    attacker = make_reader("attacker" if by_address else " victim", " victim@example.com")
    lock(victim)
    assert forgetful.confirm(forgetful.link(" victim@example.com"), NEW).status_code == 204
    assert client.log_in(victim).status_code == 423
    assert client.log_in(attacker, NEW).status_code == 200


def test_what_is_overlooked_is_counted_again_after_an_administrator_has_unlocked(
    client, reader, forgetful
):
    other = reader.get_username().title()
    lock(reader, other)
    assert forgetful.confirm(forgetful.link("reader@example.com"), NEW).status_code == 204
    # To a database that ignores capitals it is the reader's own name, which the reset has unlocked.
    names = {PasswordAttempts.of(name, "").name for name in (other, reader.get_username())}
    assert unlock_passwords(stored(reader)) is (len(names) == 2)
    lock(reader)
    assert client.log_in(reader, NEW).status_code == 423


# --- shapes -------------------------------------------------------------------------------

WRONG = {
    "int": 1,
    "null": None,
    "list": ["reader@example.com"],
    "object": {"email": "reader@example.com"},
    "true": True,
    "empty": "",
    "nul": "reader@example.com\0",
    "too-long": "x" * 5000,
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_address_is_refused_by_its_name(reader, client, mailoutbox, name):
    body = json.dumps({"email": WRONG[name]})
    answer = client.post(RESET, body, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (400, ["email"])
    assert mailoutbox == []


@pytest.mark.parametrize("member", ["uid", "token", "new_password"])
@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_link_and_no_password_is_refused_by_its_name(
    reader, client, forgetful, member, name
):
    link = forgetful.link("reader@example.com")
    body = {**link, "new_password": NEW, member: WRONG[name]}
    answer = client.post(CONFIRM, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()) == [member]
    assert forgetful.confirm(link, NEW).status_code == 204


@pytest.mark.parametrize("path", [RESET, CONFIRM])
def test_only_json_is_read(client, path):
    for content_type in ("text/plain", "application/x-www-form-urlencoded"):
        answer = client.post(path, '{"email": "a@b.example"}', content_type=content_type)
        assert answer.status_code == 415


def test_no_credential_is_looked_at(client, reader, forgetful):
    link = forgetful.link("reader@example.com")
    headers = bearer("not.a.token")
    body = {**link, "new_password": NEW}
    assert client.post(RESET, {"email": "nobody@example.com"}, **headers).status_code == 202
    assert client.post(CONFIRM, body, **headers).status_code == 204
