"""A whole life of a factor; then tables, logs, mails and cache are searched for what was about."""

import contextlib
import io
import logging
import pickle
import re

import pytest
from authkit.factors.recovery_codes import flows as recovery_flows
from authkit.factors.recovery_codes.codes import new_codes
from authkit.models import TOTPDevice
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.mail import send_mail
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.test import Client as Browser
from django.utils.log import AdminEmailHandler
from django_otp import verify_token

from tests.conftest import PASSWORD
from tests.database.test_nothing_usable import dump
from tests.factors.calls import (
    challenge,
    complete,
    confirm,
    disable,
    log_in_with,
    new_recovery_codes,
    reauthenticate,
    set_up,
)
from tests.factors.phone import Phone
from tests.factors.test_admin_enrolment import PAGE as ENROLMENT
from tests.factors.test_admin_enrolment import secret_on
from tests.factors.test_factor_bypass import MIDDLEWARE, admin_log_in
from tests.factors.test_outages import Down
from tests.factors.totp.test_setup import forms_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.factors.urls"),
]


@contextlib.contextmanager
def damaged():
    """Secrets that no key opens."""
    [(pk, sealed)] = TOTPDevice.objects.filter(confirmed=True).values_list("pk", "sealed_secret")
    TOTPDevice.objects.filter(pk=pk).update(sealed_secret="gone." + sealed)
    yield
    TOTPDevice.objects.filter(pk=pk).update(sealed_secret=sealed)


@pytest.fixture
def life(client, reachable_user, clock, caplog, settings):
    """Every secret, code and token of the run, in every form that would be of use."""
    cache.clear()
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    connection.force_debug_cursor = True
    settings.MIDDLEWARE = MIDDLEWARE
    user = reachable_user
    user.is_staff = True
    user.save()
    phones, codes, recovery, tokens = [], [], [], []

    def spend(call, *args, ok=200, **kwargs):
        answer = call(client, *args, **kwargs)
        assert answer.status_code == ok, answer.content
        tokens.extend(v for k, v in answer.json().items() if k in ("access", "refresh"))
        return answer.json()

    def fresh():
        codes.append(phones[-1].fresh_code())
        return codes[-1]

    def enrol(access, code=None):
        phones.append(Phone(spend(set_up, access, code, ok=201)["secret"], clock))
        recovery.extend(spend(confirm, access, fresh())["recovery_codes"])

    pair = client.pair(user)
    tokens += [pair["access"], pair["refresh"]]
    enrol(pair["access"])
    codes.append(phones[0].wrong_code(424_242))
    spend(log_in_with, user, codes[-1], ok=401)
    tokens.append(challenge(client, user))
    spend(complete, tokens[-1], "9zzz-9zzz-9zzz-9zz9", ok=401)
    recovery.append("9zzz-9zzz-9zzz-9zz9")
    spend(complete, tokens[-1], fresh())
    browser = Browser()
    admin_log_in(browser, user, code=fresh())
    assert browser.get("/ours/").status_code == 200
    assert verify_token(user, user.totpdevice_set.get().persistent_id, fresh())
    clock.shift(901)
    for code in recovery[:8]:
        pair = spend(log_in_with, user, code)
    recovery += spend(new_recovery_codes, pair["access"], fresh(), ok=201)["recovery_codes"]
    access = spend(reauthenticate, pair["access"], password=PASSWORD, code=fresh())["access"]
    enrol(access, fresh())
    call_command("authkit_rotate_keys", stdout=io.StringIO())
    call_command("authkit_unlock", user.get_username(), stdout=io.StringIO())
    tokens.append(challenge(client, user))
    with connection.execute_wrapper(Down(2)):
        spend(complete, tokens[-1], fresh(), ok=503)
    with damaged():
        spend(complete, tokens[-1], fresh(), ok=503)
    spend(complete, tokens[-1], [fresh()], ok=400)
    pair = spend(type(client).refresh, pair["refresh"])
    spend(type(client).verify, pair["access"])
    assert client.revoke(pair["refresh"]).status_code == 204
    access = spend(log_in_with, user, fresh())["access"]
    codes.append(phones[-1].fresh_code())
    assert disable(client, access, codes[-1]).status_code == 204
    enrol(access)
    connection.force_debug_cursor = False
    assert (len(phones), len(recovery)) == (3, 41)
    return {
        "secrets": [form for phone in phones for form in forms_of(phone)],
        "recovery codes": recovery + [code.replace("-", "") for code in recovery],
        "tokens": tokens + [token.rsplit(".", 1)[1] for token in tokens],
        "codes": codes,
        "passwords": [PASSWORD],
    }


def assert_free_of(text, life):
    for kind, each in life.items():
        for secret in each:
            if kind == "codes":  # six digits that are not part of a longer number or a digest
                assert not re.search(rf"(?<![\w.-]){secret}(?![\w.-])", text), kind
            else:
                assert len(secret) >= 16
                for form in (secret, repr(secret)[1:-1]):
                    assert form not in text, f"one of the {kind} is there"


# --- where it is searched ----------------------------------------------------------------------


@pytest.fixture
def sinks(caplog, mailoutbox):
    """Everything that has been written, as text, by where."""

    def logs():
        records = caplog.get_records("setup") + caplog.get_records("call")
        return "\n".join(f"{r.getMessage()} {r.args!r} {formatted(r)} {vars(r)!r}" for r in records)

    def mails():
        parts = [(m.subject, m.body, *m.alternatives, m.message()) for m in mailoutbox]
        return "\n".join(str(part) for mail in parts for part in mail)

    return {"tables": dump, "logs": logs, "mails": mails, "cache": cached}


def formatted(record):
    return logging.Formatter().format(record)


def cached():
    values = [pickle.loads(value) for value in cache._cache.values()]
    return "\n".join(map(str, [*cache._cache, *values]))


def into_the_tables(canary):
    Group.objects.create(name=canary)


def into_the_logs(canary):
    logging.getLogger("django.db.backends").debug("SELECT %s", "x", extra={"params": [canary]})


def into_the_mails(canary):
    send_mail("é", f"é: {canary} is yours", None, ["reader@example.com"])


def into_the_cache(canary):
    cache.set("attempts", [canary], 60)


PLANT = {
    "tables": into_the_tables,
    "logs": into_the_logs,
    "mails": into_the_mails,
    "cache": into_the_cache,
}


@pytest.mark.slow
@pytest.mark.plants_secrets
@pytest.mark.parametrize("where", PLANT)
def test_a_canary_of_every_kind_is_found_where_it_is_put(life, sinks, where):
    cache.clear()
    for kind, each in life.items():
        before = sinks[where]()
        assert_free_of(before, {kind: each})
        PLANT[where](each[-1])
        with pytest.raises(AssertionError):
            assert_free_of(sinks[where](), {kind: each})
    cache.clear()


@pytest.mark.parametrize("where", PLANT)
def test_nothing_of_it_is_there(life, sinks, where):
    assert_free_of(sinks[where](), life)


def test_something_has_been_written_to_be_searched(life, sinks, reachable_user):
    assert reachable_user.get_username() in sinks["tables"]()
    assert "derived-" in sinks["tables"]()
    logs = sinks["logs"]()
    for trace in ("authkit_totpdevice", "second_factor_used", "The database failed", "Bad Request"):
        assert trace in logs
    assert bool(sinks["mails"]()) is bool(getattr(reachable_user, "email", ""))
    assert cached() == ""


# --- a crash in the middle of it ---------------------------------------------------------------


class Kept(AdminEmailHandler):
    """Keeps the mails to ADMINS, with all that Django knows of a crash."""

    def __init__(self):
        super().__init__(include_html=True)
        self.mails = []

    def send_mail(self, subject, message, *args, html_message, **kwargs):
        self.mails.append(f"{subject} {message} {html_message}")


@pytest.fixture
def error_mails():
    handler, logger = Kept(), logging.getLogger("django.request")
    handler.setLevel(logging.ERROR)
    logger.addHandler(handler)
    yield handler.mails
    logger.removeHandler(handler)


@pytest.mark.parametrize("statements", range(6))
def test_the_mail_of_a_crash_holds_neither_code_nor_password_nor_token(
    client, owner, error_mails, statements
):
    client.raise_request_exception = False
    waiting, code = challenge(client, owner.user), owner.phone.fresh_code()
    with connection.execute_wrapper(Down(statements, ProgrammingError)):
        answers = [
            complete(client, waiting, code),
            log_in_with(client, owner.user, code),
            disable(client, owner.access, owner.recovery_codes[0]),
        ]
    crashes = [answer for answer in answers if answer.status_code == 500]
    assert crashes
    assert len(error_mails) == len(crashes)
    text = "\n".join(error_mails)
    assert "ProgrammingError" in text
    secrets = [waiting, owner.access, owner.recovery_codes[0]]
    assert_free_of(text, {"codes": [code], "tokens": secrets})
    # Of a backend that Django's authenticate() asks it shows the password: that is Django's.
    own = [text for text in error_mails if "auth/backends.py" not in text]
    assert own
    assert_free_of("\n".join(own), {"passwords": [PASSWORD]})


@pytest.fixture
def enrolling(make_user, clock, settings):
    """A browser at the page where staff set the app up, and the app."""
    settings.MIDDLEWARE = MIDDLEWARE
    settings.AUTHKIT = {"SECOND_FACTOR_REQUIRED": "staff"}
    browser = Browser(raise_request_exception=False)
    page = browser.get(admin_log_in(browser, make_user("chief", is_staff=True))["Location"])
    return browser, Phone(secret_on(page), clock)


@pytest.mark.parametrize("statements", range(0, 12, 3))
def test_the_mail_of_a_crash_in_the_enrolment_holds_no_secret(enrolling, error_mails, statements):
    browser, phone = enrolling
    code = phone.code()
    with connection.execute_wrapper(Down(statements, ProgrammingError)):
        assert browser.post(ENROLMENT, {"code": code}).status_code == 500
    [text] = error_mails
    assert "ProgrammingError" in text
    assert_free_of(text, {"codes": [code], "secrets": [phone.base32]})


def with_a_broken_base(templates):
    """A project's own page around ours, which includes what is not there."""
    block = "{% block branding %}{% include 'absent.html' %}{% endblock %}"
    base = "{% extends 'admin/base.html' %}" + block
    loaders = [
        ("django.template.loaders.locmem.Loader", {"admin/base_site.html": base}),
        "django.template.loaders.app_directories.Loader",
    ]
    [engine] = templates
    options = {**engine["OPTIONS"], "loaders": loaders}
    return [{**engine, "APP_DIRS": False, "OPTIONS": options}]


def test_the_mail_of_a_page_that_cannot_be_rendered_holds_no_secret(
    enrolling, error_mails, settings, monkeypatch
):
    made = []
    monkeypatch.setattr(recovery_flows, "new_codes", lambda: made.extend(new_codes()) or made)
    browser, phone = enrolling
    code = phone.code()
    settings.TEMPLATES = with_a_broken_base(settings.TEMPLATES)
    assert browser.get(ENROLMENT).status_code == 500
    assert browser.post(ENROLMENT, {"code": code}).status_code == 500
    assert len(error_mails) == 2
    assert len(made) == 10
    text = "\n".join(error_mails)
    assert "absent.html" in text
    assert_free_of(text, {"codes": [code], "secrets": [phone.base32, *made]})


@pytest.mark.parametrize("statements", [1, 2, 3])
def test_the_mail_of_a_crash_in_the_admin_holds_neither(
    enrol, make_user, error_mails, settings, statements
):
    settings.MIDDLEWARE = MIDDLEWARE
    chief = enrol(make_user("chief", is_staff=True))
    browser, code = Browser(raise_request_exception=False), chief.phone.fresh_code()
    with connection.execute_wrapper(Down(statements, ProgrammingError)):
        assert admin_log_in(browser, chief.user, code=code).status_code == 500
    [text] = error_mails
    assert "ProgrammingError" in text
    assert_free_of(text, {"codes": [code]})
