"""``manage.py authkit_create_api_key``."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from authkit.core import clock as authkit_clock
from authkit.models import APIKey, SecurityEvent
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command, execute_from_command_line
from django.core.management.base import BaseCommand
from django.test import override_settings

pytestmark = pytest.mark.django_db

OPTIONS = ["owner", "group", "scope", "network", "rate"]
KEY = re.compile(r"ak_[A-Za-z0-9]{8}_[A-Za-z0-9]{38}\n")


def run(*arguments):
    out, err = StringIO(), StringIO()
    call_command("authkit_create_api_key", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_standard_output_is_the_key_and_nothing_else():
    out, err = run("night job")
    assert KEY.fullmatch(out)
    api_key = APIKey.objects.get_from_key(out.strip())
    assert (api_key.name, api_key.owner, api_key.expiry_date) == ("night job", None, None)
    assert err == "Copy the key now: it is not stored and cannot be shown again.\n"


def test_a_key_may_have_an_owner_and_an_end(user, clock):
    out, _ = run("ci", "--owner", user.get_username(), "--expires-in-days", "1.5")
    api_key = APIKey.objects.get_from_key(out.strip())
    assert api_key.owner == user
    assert api_key.expiry_date == authkit_clock.now() + timedelta(days=1.5)


@override_settings(AUTHKIT={"SCOPES": {"books:read": "Read the catalogue"}})
def test_the_owner_sees_that_a_key_was_made(user):
    run("ci", "--owner", user.get_username(), "--scope", "books:read")
    [event] = SecurityEvent.objects.of(user)
    facts = {"api_key": str(APIKey.objects.get().pk), "scopes": ["books:read"]}
    assert (event.kind, event.facts, event.ip) == ("api_key_created", facts, None)


def test_a_deactivated_owner_gets_no_key_that_works(user):
    user.is_active = False
    user.save()
    out, _ = run("ci", "--owner", user.get_username())
    with pytest.raises(APIKey.DoesNotExist):
        APIKey.objects.get_from_key(out.strip())


@override_settings(AUTHKIT={"SCOPES": {"books:read": "Read", "books:write": "Write"}})
def test_a_key_may_be_bound_to_scopes_networks_and_a_rate():
    out, _ = run(
        "ci",
        *("--scope", "books:read", "--scope", "books:write"),
        *("--network", "10.0.0.0/8", "--network", "::1"),
        *("--rate", "1000/hour"),
    )
    api_key = APIKey.objects.get_from_key(out.strip())
    assert api_key.scopes == ["books:read", "books:write"]
    assert api_key.allowed_networks == ["10.0.0.0/8", "::1/128"]
    assert (api_key.rate, api_key.slot) == ("1000/hour", None)


def test_the_key_of_a_service_may_have_a_group():
    group = Group.objects.create(name="importers")
    out, _ = run("ci", "--group", "importers")
    assert APIKey.objects.get_from_key(out.strip()).group == group


REFUSED = {
    "no such group": (["ci", "--group", "nobody"], 'There is no group "nobody".'),
    "no such scope": (
        ["ci", "--scope", "x"],
        "A scope is unknown, or you are not allowed to grant it.",
    ),
    "no network": (
        ["ci", "--network", "10.0.0.1/8"],
        "--network must be a network in CIDR notation: 10.0.0.1/8 has host bits set.",
    ),
    "no rate": (["ci", "--rate", "often"], "Enter a rate such as 1000/hour."),
    "owner and group": (["ci", "--owner", "a", "--group", "b"], None),
    "no such owner": (["ci", "--owner", "nobody"], 'There is no user "nobody".'),
    "empty owner": (["ci", "--owner", ""], 'There is no user "".'),
    "name too long": (["x" * 51], "Ensure this value has at most 50 characters (it has 51)."),
    "empty name": ([""], "This field cannot be blank."),
    "no days": (["ci", "--expires-in-days", "0"], "--expires-in-days must be a number above 0."),
    "days ago": (["ci", "--expires-in-days=-1"], "--expires-in-days must be a number above 0."),
    "not a number": (["ci", "--expires-in-days", "soon"], None),
    "nan": (["ci", "--expires-in-days", "nan"], None),
    "infinity": (
        ["ci", "--expires-in-days", "inf"],
        "--expires-in-days is too far away to be a date.",
    ),
    "ten million days": (
        ["ci", "--expires-in-days", "1e7"],
        "--expires-in-days is too far away to be a date.",
    ),
    "more than a date can hold": (
        ["ci", "--expires-in-days", "1e300"],
        "--expires-in-days is too far away to be a date.",
    ),
}


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_made(arguments, sentence):
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
    assert caught.value.returncode == 1
    assert sentence in (None, str(caught.value))
    assert APIKey.objects.count() == 0


def test_from_the_command_line_a_refusal_is_exit_code_1_and_no_traceback(monkeypatch, capsys):
    # As manage.py runs it; only the wrong argument count is argparse's own (2).
    monkeypatch.setattr(BaseCommand, "requires_system_checks", [])
    with pytest.raises(SystemExit) as ended:
        execute_from_command_line(
            ["manage.py", "authkit_create_api_key", "ci", "--owner", "nobody"]
        )
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (1, "")
    assert err == 'CommandError: There is no user "nobody".\n'


@pytest.mark.parametrize(
    "arguments",
    [["\udcff"]] + [["ci", f"--{option}", "\udcff"] for option in OPTIONS],
    ids=["name", *OPTIONS],
)
def test_bytes_that_are_no_utf_8_are_refused_in_one_sentence(arguments):
    # Python hands such bytes of a command line on as lone surrogates.
    with pytest.raises(CommandError):
        run(*arguments)
    assert APIKey.objects.count() == 0
