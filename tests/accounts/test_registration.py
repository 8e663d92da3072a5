"""Registering: no user enumeration, and no account with the e-mail of another user."""

import json

import pytest
from authkit.accounts import serializers as account_serializers
from authkit.accounts.email_verification import LIFETIME, TRIES
from authkit.accounts.registration import MAILS, PER_NETWORK
from authkit.accounts.serializers import RegistrationSerializer
from authkit.core.http.body.fields import PasswordField
from authkit.models import AccountName, APIKey, Registration, RequestCount, Session
from authkit.signals import account_registered
from django.contrib.auth import hashers
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers

from tests.accounts.calls import (
    EMAIL,
    ON,
    URL,
    USER,
    body,
    post,
    register,
    resend,
    token_in,
    verify,
)
from tests.conftest import AUTH, PASSWORD, Client
from tests.database.statements import at_statement, failing_statement
from tests.sessions.answers import NOT_FOUND, assert_refused

# Mails go out when the transaction of the request has committed, so there must be one.
pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "another correct horse"
LINK_INVALID = {"detail": "The link is not valid or has expired.", "code": "link_invalid"}
TAKEN = {"detail": "This value is already used by another account.", "code": "already_taken"}


@pytest.fixture(autouse=True)
def _on(settings):
    settings.AUTHKIT = ON


@pytest.fixture
def registered():
    received = []

    def receive(sender, user, **extra):
        received.append(user)

    account_registered.connect(receive)
    yield received
    account_registered.disconnect(receive)


def make(address, name=None, **fields):
    name = address if USER.USERNAME_FIELD == EMAIL else name or address.partition("@")[0]
    return USER.objects.create_user(
        **{USER.USERNAME_FIELD: name, EMAIL: address}, password=PASSWORD, **fields
    )


def test_a_registration_becomes_an_account_by_link_and_password(
    client, mailoutbox, registered, security_log
):
    answer = register(client, "ann@example.com")
    assert (answer.status_code, answer.json()) == (202, {})
    assert answer["Cache-Control"] == "no-store"
    assert not USER.objects.exists()
    [message] = mailoutbox
    assert (message.to, message.subject) == (["ann@example.com"], "Complete your registration")
    assert [kind for _, kind in message.alternatives] == ["text/html"]
    assert token_in(message) in message.alternatives[0][0]

    answer = verify(client, token_in(message))

    assert (answer.status_code, answer.content) == (202, b"{}")
    assert answer["Cache-Control"] == "no-store"
    [user] = USER.objects.all()
    assert getattr(user, EMAIL) == "ann@example.com"
    assert (user.is_active, user.is_staff, user.is_superuser) == (True, False, False)
    assert registered == [user]
    assert security_log("account_registered")[0][1]["user"] in (user.pk, str(user.pk))
    # The link does not log in; the password does.
    assert not Session.objects.exists()
    assert client.log_in(user).status_code == 200
    assert not Registration.objects.exists()


def test_a_link_cannot_be_replayed(client, mailoutbox):
    register(client, "ann@example.com")
    token = token_in(mailoutbox[0])
    assert verify(client, token).status_code == 202
    assert_refused(verify(client, token), LINK_INVALID, status=400, challenge=None)
    assert USER.objects.count() == 1


def test_a_link_works_for_a_day(client, mailoutbox, clock):
    register(client, "ann@example.com")
    clock.shift(LIFETIME.total_seconds())
    assert verify(client, token_in(mailoutbox[0])).json() == LINK_INVALID
    register(client, "bob@example.com")
    clock.shift(LIFETIME.total_seconds() - 1)
    assert verify(client, token_in(mailoutbox[1])).status_code == 202
    assert [getattr(user, EMAIL) for user in USER.objects.all()] == ["bob@example.com"]


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 64, "\u00e9" * 43, "'", "%"])
def test_no_other_token_opens_anything(client, token):
    register(client, "ann@example.com")
    assert_refused(verify(client, token), LINK_INVALID, status=400, challenge=None)
    stored = Registration.objects.get()
    assert verify(client, stored.digest).json() == LINK_INVALID
    assert not USER.objects.exists()


def test_nothing_in_the_table_opens_the_link_or_is_the_password(client, mailoutbox):
    register(client, "ann@example.com")
    row = repr(Registration.objects.values().get())
    assert token_in(mailoutbox[0]) not in row
    assert PASSWORD not in row


# --- who may not know ------------------------------------------------------------------------


def states():
    """Addresses by what there is behind them."""
    make("known@example.com")
    make("both@example.com")
    make("Cased@Example.com", "cased")
    make("inactive@example.com", is_active=False)
    make("unusable@example.com")
    USER.objects.filter(**{EMAIL: "unusable@example.com"}).update(password="!")
    cases = {
        "unknown": body("nobody@example.com"),
        "known": body("known@example.com", "other1"),
        "known, name too": body("both@example.com", "both"),
        "other case": body("CASED@example.COM", "other2"),
        "inactive": body("inactive@example.com", "other3"),
        "unusable": body("unusable@example.com", "other4"),
        "waiting": body("waiting@example.com"),
    }
    if USER.USERNAME_FIELD != EMAIL:
        cases["name taken"] = body("fresh@example.com", "known")
        cases["name taken in other case"] = body("fresher@example.com", "KNOWN")
    return cases


def cost(queries):
    shapes = [query["sql"].split()[0] for query in queries]
    return [shape for shape in shapes if shape in ("SELECT", "INSERT", "UPDATE", "DELETE")]


def test_the_answer_prevents_user_enumeration(client, mailoutbox, hasher_runs):
    answers, costs = set(), set()
    register(client, "waiting@example.com")
    for sent in states().values():
        RequestCount.objects.all().delete()
        hasher_runs.clear()
        mailoutbox.clear()
        with CaptureQueriesContext(connection) as queries:
            answer = post(client, "register/", sent)
        answers.add((answer.status_code, answer.content, *sorted(answer.headers.items())))
        costs.add((len(hasher_runs), len(mailoutbox), *cost(queries)))
    assert len(answers) == 1
    assert len(costs) == 1
    assert next(iter(costs))[:2] == (1, 1)


def test_the_mail_says_what_the_answer_does_not(client, mailoutbox):
    make("Known@example.com", "known")
    register(client, "KNOWN@example.com", "other")
    [message] = mailoutbox
    # To the address that we have, whatever was typed.
    assert message.to == ["Known@example.com"]
    assert message.subject == "You already have an account"
    assert "https://" not in message.body


@pytest.mark.user_names
def test_a_name_that_is_taken_is_told_by_mail_alone(client, mailoutbox):
    make("known@example.com", "known")
    assert register(client, "fresh@example.com", "\uff2bnown").json() == {}
    [message] = mailoutbox
    assert (message.to, message.subject) == (["fresh@example.com"], "Choose another user name")
    assert "https://" not in message.body


def test_an_address_that_looks_the_same_to_a_database_gets_no_mail_of_anothers(client, mailoutbox):
    make("mike@example.com")
    register(client, "mi\u0131ke@example.com", "other")
    register(client, "m\u0131ke@example.com", "another")
    assert all("mike@example.com" not in message.to for message in mailoutbox)


def test_one_address_gets_so_many_mails_an_hour(client, mailoutbox, clock):
    for number in range(MAILS.number + 3):
        spelling = ["Ann@example.com", "ann@EXAMPLE.com", "\uff41nn@example.com"][number % 3]
        answer = register(client, spelling) if number % 2 else resend(client, spelling)
        assert (answer.status_code, answer.json()) == (202, {})
    assert len(mailoutbox) <= MAILS.number
    count = len(mailoutbox)
    clock.shift(MAILS.period.total_seconds())
    register(client, "ann@example.com")
    assert len(mailoutbox) == count + 1


def test_one_network_asks_so_often_an_hour_and_others_go_on(client, mailoutbox, clock):
    for number in range(PER_NETWORK.number // 2):
        assert register(client, f"ann{number}@example.com").status_code == 202
        assert resend(client, f"ann{number}@example.com").status_code == 202
    count = len(mailoutbox)
    for answer in (register(client, "bob@example.com"), resend(client, "bob@example.com")):
        assert (answer.status_code, answer.json()) == (202, {})
    assert len(mailoutbox) == count
    assert register(Client(REMOTE_ADDR="192.0.2.1"), "bob@example.com").status_code == 202
    assert len(mailoutbox) == count + 1
    clock.shift(PER_NETWORK.period.total_seconds())
    register(client, "eve@example.com")
    assert len(mailoutbox) == count + 2


# --- pre-hijacking -----------------------------------------------------------------------------


def test_an_attacker_who_registers_the_email_of_a_victim_gets_no_account(client, mailoutbox):
    register(client, "victim@example.com", "attacker", password=OTHER)
    register(client, "victim@example.com", "victim")
    assert verify(client, token_in(mailoutbox[1])).status_code == 202
    [user] = USER.objects.all()
    assert user.check_password(PASSWORD)
    assert user.get_username() in ("victim", "victim@example.com")
    assert client.log_in(user, OTHER).status_code == 401
    assert not Registration.objects.exists()
    assert verify(client, token_in(mailoutbox[0]), OTHER).json() == LINK_INVALID


def test_the_reader_of_a_link_chooses_the_password_of_the_account(client, mailoutbox):
    """Also where an attacker has asked for the link: the attacker's password opens nothing."""
    register(client, "victim@example.com", "attacker", password=OTHER)
    assert verify(client, token_in(mailoutbox[0]), "short").status_code == 400
    assert verify(client, token_in(mailoutbox[0])).status_code == 202
    [user] = USER.objects.all()
    assert client.log_in(user, OTHER).status_code == 401
    assert client.log_in(user).status_code == 200


def test_strangers_who_use_up_the_mails_do_not_keep_an_address_from_registering(
    client, mailoutbox, clock
):
    """Each hour, for a night, they ask for all the mails that there are, of every kind."""
    make("other@example.com", "taken")
    for _ in range(8):
        for number in range(MAILS.number + 1):
            register(client, "victim@example.com", f"stranger{number}", password=OTHER)
            register(client, "victim@example.com", "taken", password=OTHER)
            resend(client, "victim@example.com")
        register(client, "victim@example.com", "victim")
        clock.shift(3600)
    links = [mail for mail in mailoutbox if mail.to == ["victim@example.com"]]
    last = next(mail for mail in reversed(links) if "token=" in mail.body)
    assert verify(client, token_in(last)).status_code == 202
    user = USER.objects.get(email="victim@example.com")
    assert user.check_password(PASSWORD)


def test_the_owner_may_open_any_link_with_their_own_password(client, mailoutbox):
    register(client, "victim@example.com", "victim")
    for _ in range(3):
        register(client, "victim@example.com", "attacker", password=OTHER)
    resend(client, "victim@example.com")
    assert verify(client, token_in(mailoutbox[-1])).status_code == 202
    [user] = USER.objects.all()
    assert user.check_password(PASSWORD)
    assert user.get_username() in ("victim", "victim@example.com")


def test_without_the_password_the_link_says_so_and_stays_good(client, mailoutbox):
    register(client, "ann@example.com")
    token = token_in(mailoutbox[0])
    answer = post(client, "email/verify/", {"token": token})
    assert (answer.status_code, answer.json()) == (400, {"password": ["This field is required."]})
    assert verify(client, token).status_code == 202


def test_passwords_at_a_link_are_limited(client, mailoutbox, clock):
    register(client, "ann@example.com")
    token = token_in(mailoutbox[0])
    for _ in range(TRIES.number):
        assert verify(client, token, "wrong").status_code == 400
    answer = verify(client, token)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert int(answer["Retry-After"]) > 0
    clock.shift(TRIES.period.total_seconds())
    assert verify(client, token).status_code == 202


# --- names ---------------------------------------------------------------------------------------


def test_the_first_of_two_links_gets_the_address(client, mailoutbox):
    register(client, "ann@example.com", "one")
    register(client, "ANN@example.com", "two", password=OTHER)
    assert verify(client, token_in(mailoutbox[1]), OTHER).status_code == 202
    assert verify(client, token_in(mailoutbox[0])).json() == LINK_INVALID
    assert USER.objects.count() == 1


@pytest.mark.user_names
def test_the_first_of_two_links_gets_the_name(client, mailoutbox):
    register(client, "ann@example.com", "Reader")
    register(client, "bob@example.com", "READER")
    assert verify(client, token_in(mailoutbox[1])).status_code == 202
    assert_refused(verify(client, token_in(mailoutbox[0])), TAKEN, status=409, challenge=None)
    assert [user.get_username() for user in USER.objects.all()] == ["READER"]


def test_an_account_made_elsewhere_meanwhile_keeps_its_address(client, mailoutbox):
    register(client, "ann@example.com", "one")
    make("Ann@Example.com", "two")
    assert verify(client, token_in(mailoutbox[0])).json() == TAKEN
    assert USER.objects.count() == 1


def test_an_address_that_its_user_has_left_elsewhere_is_free(client, mailoutbox):
    register(client, "ann@example.com", "one")
    verify(client, token_in(mailoutbox[0]))
    USER.objects.update(**{EMAIL: "ann@other.example"})
    register(client, "ann@example.com", "two")
    assert verify(client, token_in(mailoutbox[1])).status_code == 202
    assert USER.objects.count() == 2


def test_who_is_deleted_leaves_the_name(client, mailoutbox):
    register(client, "ann@example.com")
    verify(client, token_in(mailoutbox[0]))
    USER.objects.all().delete()
    register(client, "ann@example.com")
    assert verify(client, token_in(mailoutbox[1])).status_code == 202


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ann@EXAMPLE.com", "ann@example.com"),
        ("Ann@example.com", "Ann@example.com"),
        ("\uff41nn@example.com", "ann@example.com"),
        ("ann@example\uff0ecom", "ann@example.com"),
        ("\ufb01n@example.com", "fin@example.com"),
        ("ann@B\u00dcCHER.example", "ann@b\u00fccher.example"),
        ("ann@XN--bcher-kva.example", "ann@b\u00fccher.example"),
        ("ann@exam\u00adple.com", "ann@example.com"),
        ("ann@xn--ls8h.example", "ann@\U0001f4a9.example"),
        ("ann@xn--strae-oqa.example", "ann@xn--strae-oqa.example"),
    ],
)
def test_an_address_is_kept_in_its_normal_form(client, mailoutbox, typed, kept):
    register(client, typed, "reader")
    assert mailoutbox[0].to == [kept]
    verify(client, token_in(mailoutbox[0]))
    assert getattr(USER.objects.get(), EMAIL) == kept


@pytest.mark.address_names
def test_who_logs_in_by_address_types_it_as_it_is_stored(client, mailoutbox, monkeypatch):
    """Unless the manager of the user model looks for it as custom-user-model.md says."""
    register(client, "Ann@Example.COM")
    verify(client, token_in(mailoutbox[0]))
    typed, stored = USER(email="Ann@Example.COM"), USER.objects.get()
    assert client.log_in(typed).json()["code"] == "invalid_credentials"
    assert client.log_in(stored).status_code == 200
    manager = USER._default_manager
    monkeypatch.setattr(
        manager, "get_by_natural_key", lambda email: manager.get(email__iexact=email)
    )
    assert client.log_in(typed).status_code == 200


TWO_WAYS = ["ann@b\u00fccher.example", "ann@xn--bcher-kva.example"]


def test_both_ways_to_write_a_domain_are_one_address(client, mailoutbox):
    for number in range(MAILS.number + 2):
        register(client, TWO_WAYS[number % 2], f"reader{number}")
    assert len(mailoutbox) == MAILS.number
    assert {message.to[0] for message in mailoutbox} == {TWO_WAYS[0]}
    answers = [verify(client, token_in(message)).status_code for message in mailoutbox[:2]]
    assert answers == [202, 400]
    assert USER.objects.count() == 1


@pytest.mark.parametrize("stored", TWO_WAYS)
@pytest.mark.parametrize("typed", TWO_WAYS)
def test_an_address_that_there_is_is_known_however_its_domain_is_written(
    client, mailoutbox, settings, stored, typed
):
    settings.AUTHKIT = {**ON, "PASSWORD_RESET_URL": "https://app.example/#{uid}/{token}"}
    user = make(stored, "reader")
    register(client, typed, "other")
    post(client, "password/reset/", {"email": typed})
    assert [(message.to, message.subject) for message in mailoutbox] == [
        ([stored], "You already have an account"),
        ([stored], "Choose a new password"),
    ]
    assert client.log_in(user).status_code == 200


def test_a_stored_address_in_quotes_goes_on_working(client, mailoutbox, settings):
    settings.AUTHKIT = {**ON, "PASSWORD_RESET_URL": "https://app.example/#{uid}/{token}"}
    user = make('"ann"@example.com', "reader")
    post(client, "password/reset/", {"email": '"ann"@example.com'})
    assert mailoutbox[0].to == ['"ann"@example.com']
    assert client.log_in(user).status_code == 200


HOSTILE = {
    "list": ["a@example.com", "b@example.com"],
    "object": {"to": "a@example.com"},
    "commas": "a@example.com,b@example.com",
    "semicolon": "a@example.com;b@example.com",
    "blanks": " a@example.com",
    "crlf": "a@example.com\r\nBcc: b@example.com",
    "nul": "a\0@example.com",
    "name": "Ann <a@example.com>",
    "quotes": '"ann"@example.com',
    "quotes and quoted pairs": '"\\a\\nn"@example.com',
    "full-width quotes": "\uff02ann\uff02@example.com",
    "comment": "a(b@example.com)@example.org",
    "long": "a" * 300 + "@example.com",
    "grows": "\ufdfa" * 60 + "@example.com",
    "no-at": "example.com",
    "full-width-at-twice": "a@b\uff20example.com",
    "number": 1,
    "null": None,
    "empty": "",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_address_is_refused_by_name(client, mailoutbox, name):
    sent = json.dumps({**body("ann@example.com", "reader"), EMAIL: HOSTILE[name]})
    answer = client.post(AUTH + "register/", sent, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (400, [EMAIL])
    for path in ("email/verify/resend/",):
        sent = json.dumps({"email": HOSTILE[name]})
        answer = client.post(AUTH + path, sent, content_type="application/json")
        assert (answer.status_code, list(answer.json())) == (400, ["email"])
    assert mailoutbox == []
    assert not Registration.objects.exists()


# --- mass assignment -----------------------------------------------------------------------------


def every_name():
    names = {field.name for field in USER._meta.get_fields()}
    names |= {getattr(field, "attname", field.name) for field in USER._meta.get_fields()}
    names |= {"pk", "id", "password_hash", "_password", "role", "tenant", "email_verified", "token"}
    for model in (Registration, Session, APIKey):
        names |= {field.name for field in model._meta.get_fields()}
    return sorted(names - {USER.USERNAME_FIELD, EMAIL, "password"})


@pytest.mark.parametrize("name", every_name())
def test_nothing_else_can_be_set(client, mailoutbox, name):
    for value in (True, 1, "x", None, [], [1], {}):
        answer = post(client, "register/", body("ann@example.com", "reader") | {name: value})
        assert (answer.status_code, answer.json()) == (
            400,
            {name: ["This field does not exist or is read-only."]},
        )
    assert (mailoutbox, Registration.objects.count()) == ([], 0)


def test_a_hash_is_a_password_like_any_other(client, mailoutbox):
    hashed = hashers.make_password(PASSWORD)
    register(client, "ann@example.com", password=hashed)
    assert verify(client, token_in(mailoutbox[0]), hashed).status_code == 202
    user = USER.objects.get()
    assert (user.check_password(hashed), user.check_password(PASSWORD)) == (True, False)


@pytest.mark.parametrize("password", ["short", "", 1, None, True, ["x"], "x" * 4097, "nul\0" * 4])
def test_a_password_that_is_none_or_weak_is_400(client, mailoutbox, password):
    answer = register(client, "ann@example.com", password=password)
    assert (answer.status_code, list(answer.json())) == (400, ["password"])
    assert (mailoutbox, Registration.objects.count()) == ([], 0)


def test_the_validators_say_the_same_to_who_has_an_account(client):
    make("known@example.com")
    answers = [register(client, f"{n}@example.com", password="short") for n in ("known", "other")]
    assert answers[0].content == answers[1].content


def test_the_password_is_kept_exactly_as_received(client, mailoutbox):
    password = "  caf\u00e9 cafe\u0301  "
    register(client, "ann@example.com", password=password)
    assert verify(client, token_in(mailoutbox[0]), password).status_code == 202
    assert client.log_in(USER.objects.get(), password.strip()).status_code == 401
    assert client.log_in(USER.objects.get(), password).status_code == 200


# --- a project's own serializer ------------------------------------------------------------------


class Consenting(RegistrationSerializer):
    """Asks for what no column keeps."""

    accept_terms = serializers.ChoiceField([True], write_only=True)
    password_confirm = PasswordField()

    class Meta(RegistrationSerializer.Meta):
        fields = [*RegistrationSerializer.Meta.fields, "accept_terms", "password_confirm", "groups"]

    def validate(self, attrs):
        if attrs["password"] != attrs["password_confirm"]:
            raise serializers.ValidationError({"password_confirm": ["Not the same."]})
        return super().validate(attrs)


@pytest.mark.parametrize("required", [True, False], ids=["proved", "unproved"])
def test_a_project_may_ask_for_what_is_no_column(client, mailoutbox, settings, required):
    path = f"{__name__}.Consenting"
    settings.AUTHKIT = {**ON, "REGISTRATION_SERIALIZER": path}
    settings.AUTHKIT |= {"EMAIL_VERIFICATION_REQUIRED": required}
    answer = register(client, "ann@example.com", accept_terms=False, password_confirm=PASSWORD)
    assert (answer.status_code, list(answer.json())) == (400, ["accept_terms"])
    answer = register(client, "ann@example.com", accept_terms=True, password_confirm=OTHER)
    assert (answer.status_code, list(answer.json())) == (400, ["password_confirm"])
    answer = register(client, "ann@example.com", accept_terms=True, password_confirm=PASSWORD)
    assert answer.status_code == 202
    assert verify(client, token_in(mailoutbox[0])).status_code == 202
    assert client.log_in(USER.objects.get()).status_code == 200


def test_a_many_to_many_field_cannot_be_registered(client, settings, monkeypatch):
    """There can be no relation before there is an account."""
    monkeypatch.setattr(account_serializers, "PRIVILEGED", {"password"})
    settings.AUTHKIT = {**ON, "REGISTRATION_SERIALIZER": f"{__name__}.Consenting"}
    answer = register(client, "ann@example.com", groups=[])
    assert (answer.status_code, list(answer.json())) == (400, ["groups"])


# --- resend --------------------------------------------------------------------------------------


@pytest.mark.parametrize("opened", [0, 1, 2])
def test_a_link_that_is_sent_again_leaves_those_before_valid(client, mailoutbox, opened):
    register(client, "ann@example.com")
    assert resend(client, "ANN@example.com").status_code == 202
    assert resend(client, "ann@example.com").status_code == 202
    tokens = [*map(token_in, mailoutbox)]
    assert verify(client, tokens.pop(opened)).status_code == 202
    assert [verify(client, token).json() for token in tokens] == [LINK_INVALID] * 2


def test_resending_says_nothing_about_who_there_is(client, mailoutbox):
    make("known@example.com")
    register(client, "pending@example.com")
    resend(client, "pending@example.com")
    answers, costs = [], []
    for name in ("pending", "known", "nobody"):
        resend(client, f"{name}@example.com")
        with CaptureQueriesContext(connection) as queries:
            answer = resend(client, f"{name}@example.com")
        answers.append((answer.status_code, answer.content, sorted(answer.headers.items())))
        costs.append(cost(queries))
    assert answers[0] == answers[1] == answers[2]
    assert costs[0] == costs[1] == costs[2]
    subjects = {mail.to[0]: mail.subject for mail in mailoutbox}
    assert subjects == {
        "pending@example.com": "Complete your registration",
        "known@example.com": "You already have an account",
    }


# --- off -----------------------------------------------------------------------------------------


PATHS = ["register/", "email/verify/", "email/verify/resend/", "email/change/"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("authkit", [{}, {"REGISTRATION": True}], ids=["default", "no-page"])
def test_off_they_answer_404(client, settings, path, authkit):
    settings.AUTHKIT = authkit
    for method in ("post", "get", "put", "patch", "delete"):
        answer = getattr(client, method)(AUTH + path, body("ann@example.com"))
        assert_refused(answer, NOT_FOUND, status=404, challenge=None)
    assert not Registration.objects.exists()


@pytest.mark.parametrize("path", ["register/", "email/verify/resend/"])
def test_with_a_verification_url_alone_registration_is_off(client, settings, path):
    settings.AUTHKIT = {"EMAIL_VERIFICATION_URL": URL}
    assert client.post(AUTH + path, body("ann@example.com")).status_code == 404
    assert verify(client, "x").status_code == 400


# --- a failure on the way ------------------------------------------------------------------------


def test_an_account_that_cannot_be_written_leaves_the_link_good(client, mailoutbox):
    register(client, "ann@example.com")
    client.raise_request_exception = False
    with failing_statement("INSERT", AccountName, RuntimeError("the database went away")):
        assert verify(client, token_in(mailoutbox[0])).status_code == 500
    assert not USER.objects.exists()
    assert verify(client, token_in(mailoutbox[0])).status_code == 202


def test_the_host_of_the_request_is_in_no_mail(client, mailoutbox, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.USE_X_FORWARDED_HOST = True
    sent = body("ann@example.com")
    client.post(
        AUTH + "register/",
        sent,
        HTTP_HOST="evil.example",
        HTTP_X_FORWARDED_HOST="evil.example",
    )
    [message] = mailoutbox
    assert "evil.example" not in str(message.message())
    assert URL.replace("{token}", token_in(message)) in message.body


def test_an_abandoned_registration_is_pruned(client, clock, capsys):
    register(client, "ann@example.com")
    clock.shift(LIFETIME.total_seconds())
    call_command("authkit_prune")
    assert Registration.objects.count() == 1
    clock.shift(LIFETIME.total_seconds() + 1)
    call_command("authkit_prune")
    assert "registrations: 1 deleted" in capsys.readouterr().out
    assert not Registration.objects.exists()


@pytest.mark.parametrize("failing", [OSError("refused"), TimeoutError()], ids=["refused", "slow"])
def test_a_mail_server_that_fails_changes_nothing_about_the_answer(
    client, mailoutbox, monkeypatch, security_log, failing
):
    make("known@example.com", "known")

    def fail(self, *args, **kwargs):
        raise failing

    monkeypatch.setattr(EmailMessage, "send", fail)
    answers = [register(client, f"{name}@example.com", "x") for name in ("known", "nobody")]
    seen = {(a.status_code, a.content, *sorted(a.headers.items())) for a in answers}
    assert {answer.status_code for answer in answers} == {202}
    assert len(seen) == 1
    assert len(security_log("mail_failed")) == 2


def test_a_link_that_is_used_in_a_race_is_400(client, mailoutbox):
    register(client, "ann@example.com")
    with at_statement("DELETE", Registration, Registration.objects.all().delete):
        assert verify(client, token_in(mailoutbox[0])).json() == LINK_INVALID
    assert not USER.objects.exists()


def test_a_name_that_is_claimed_in_a_race_is_409(client, mailoutbox):
    register(client, "ann@example.com")
    with failing_statement("INSERT", AccountName, IntegrityError("unique")):
        assert verify(client, token_in(mailoutbox[0])).json() == TAKEN
    assert not USER.objects.exists()
    # Nothing was spent by that.
    assert verify(client, token_in(mailoutbox[0])).status_code == 202
