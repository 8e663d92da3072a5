"""A whole life of a factor; then tables, logs, mails and cache are searched for what was about."""

import io
import logging
import re

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from tests.conftest import PASSWORD
from tests.database.test_nothing_usable import dump
from tests.second_factor.calls import (
    challenge,
    complete,
    confirm,
    disable,
    log_in_with,
    new_recovery_codes,
    reauthenticate,
    set_up,
)
from tests.second_factor.phone import Phone
from tests.second_factor.test_setup import forms_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def life(client, reachable_user, clock, caplog):
    """Every secret, code and token of the run, in every form that would be of use."""
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    connection.force_debug_cursor = True
    user = reachable_user
    phones, codes, recovery, tokens = [], [], [], []

    def spend(call, *args, ok=200, **kwargs):
        answer = call(client, *args, **kwargs)
        assert answer.status_code == ok, answer.content
        tokens.extend(v for k, v in answer.json().items() if k in ("access", "refresh"))
        return answer.json()

    def fresh():
        codes.append(phones[-1].fresh_code())
        return codes[-1]

    def enrol(access):
        phones.append(Phone(spend(set_up, access, ok=201)["secret"], clock))
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
    for code in recovery[:8]:
        pair = spend(log_in_with, user, code)
    recovery += spend(new_recovery_codes, pair["access"], fresh(), ok=201)["recovery_codes"]
    access = spend(reauthenticate, pair["access"], password=PASSWORD, code=fresh())["access"]
    enrol(access)
    call_command("authkit_rotate_keys", stdout=io.StringIO())
    call_command("authkit_unlock", user.get_username(), stdout=io.StringIO())
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
    }


def assert_free_of(text, life):
    for kind, each in life.items():
        for secret in each:
            if kind == "codes":  # six digits that are not part of a longer number or a digest
                assert not re.search(rf"(?<![\w.-]){secret}(?![\w.-])", text), kind
            else:
                assert len(secret) >= 16
                assert secret not in text, f"one of the {kind} is there"


def test_the_search_finds_what_is_there(life):
    for kind, each in life.items():
        with pytest.raises(AssertionError):
            assert_free_of(f"code: {each[-1]}, and so on", {kind: each})


def test_the_tables_hold_none_of_it(life, reachable_user):
    everything = dump()
    assert reachable_user.get_username() in everything
    assert "derived-" in everything
    assert_free_of(everything, life)


def test_the_logs_at_debug_hold_none_of_it(life, caplog):
    records = caplog.get_records("setup")
    written = "\n".join(f"{r.getMessage()} {r.args!r} {r.exc_text} {r.exc_info}" for r in records)
    assert "authkit_totpdevice" in written
    assert "second_factor_used" in written
    assert_free_of(written, life)


def test_the_mails_hold_none_of_it(life, mailoutbox, reachable_user):
    assert bool(mailoutbox) is bool(getattr(reachable_user, "email", ""))
    assert_free_of("\n".join(str(mail.message()) for mail in mailoutbox), life)


def test_the_cache_holds_none_of_it(life):
    assert_free_of(repr(getattr(cache, "_cache", {})), life)
    assert not getattr(cache, "_cache", {})
