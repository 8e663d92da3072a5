"""authkit_import_totp, in a process of its own that has otp_totp in INSTALLED_APPS."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from authkit.factors.totp.importing import Imported, import_device
from authkit.models import TOTPDevice
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.conftest import Client
from tests.database.statements import at_statement

ROOT = Path(__file__).parents[3]


def project(*names):
    """Import the devices of users of these names; see importing.py for what the names mean."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.factors.totp.importing", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-3_000:]
    return json.loads(child.stdout)


def test_without_the_other_app_the_command_says_so(db):
    with pytest.raises(CommandError, match=r"otp_totp.* is not in INSTALLED_APPS\.$"):
        call_command("authkit_import_totp")


@pytest.fixture(scope="module")
def run():
    return project(
        "plain-1",
        "plain-2",
        "eight",
        "minute",
        "shifted",
        "unconfirmed",
        "short",
        "long",
        "used",
        "locked",
        "ahead",
        "behind",
        "faster",
        "slower",
        "plain-enrolled",
    )


TAKEN = ["plain-1", "plain-2", "short", "long", "used", "locked", "ahead", "behind"]


def test_a_dry_run_counts_and_changes_nothing(run):
    assert run["dry"] == ["14 confirmed devices could be taken over."]
    assert run["after dry"] == 1  # of plain-enrolled, who set up their own


def test_what_is_taken_and_what_is_left_is_said(run):
    assert run["first"] == [
        "left eight: it makes 8 digits every 30 seconds from 0",
        "left minute: it makes 6 digits every 60 seconds from 0",
        "left shifted: it makes 6 digits every 30 seconds from 30",
        "left faster: its clock is 2 steps away from ours: its codes would be refused",
        "left slower: its clock is -2 steps away from ours: its codes would be refused",
        "left plain-enrolled: the user has an authenticator app here already",
        "8 devices taken over.",
    ]
    assert run["devices"] == 1 + len(TAKEN)


def test_a_second_run_takes_nothing(run):
    assert run["second"][-1] == "0 devices taken over."
    taken = [line for line in run["second"] if "has an authenticator app here already" in line]
    assert len(taken) == len(TAKEN) + 1


@pytest.mark.parametrize("name", [name for name in TAKEN if name != "used"])
def test_the_app_logs_its_owner_in_once(run, name):
    assert (run["log in"][name], run["again"][name]) == (200, 401)


def test_a_code_that_was_used_over_there_is_spent_over_here(run):
    assert run["log in"]["used"] == 401


@pytest.mark.parametrize("name", ["eight", "minute", "shifted", "unconfirmed", "faster", "slower"])
def test_what_was_left_asks_for_nothing(run, name):
    assert run["log in"][name] == "no factor"


def test_the_app_that_was_set_up_here_is_the_one_that_counts(run):
    assert run["log in"]["plain-enrolled"] == 401


def test_the_sessions_without_the_factor_end(run):
    assert run["lives"] == {
        **dict.fromkeys(TAKEN, False),
        **dict.fromkeys(["eight", "minute", "shifted", "unconfirmed", "faster", "slower"], True),
        "plain-enrolled": True,
    }


def test_nothing_changes_over_there(run):
    assert run["unchanged"] is True


def test_the_secret_is_not_readable_over_here(run):
    assert run["plain in our table"] is False


def test_nothing_to_import_is_nothing_imported():
    run = project()
    assert (run["dry"], run["first"]) == (
        ["0 confirmed devices could be taken over."],
        ["0 devices taken over."],
    )


# --- the same without the other app: whatever has its attributes --------------------------------


def stock(user, **differently):
    usual = {"digits": 6, "step": 30, "t0": 0, "drift": 0, "last_t": 7, "name": "phone"}
    return SimpleNamespace(user=user, bin_key=b"0123456789abcdefghij", **(usual | differently))


def test_a_device_is_taken_over_once(client, user):
    pair = client.pair(user)
    assert import_device(stock(user)) == Imported(user.get_username(), "")
    device = TOTPDevice.objects.get()
    assert (device.confirmed, device.last_step, device.name) == (True, 7, "phone")
    assert device.unseal() == b"0123456789abcdefghij"
    assert client.sessions(pair["access"]).status_code == 401
    assert "already" in import_device(stock(user)).reason
    assert TOTPDevice.objects.count() == 1


@pytest.mark.parametrize("differently", [{"digits": 8}, {"step": 60}, {"t0": 1}, {"drift": 2}])
def test_what_we_would_refuse_is_left(user, differently):
    assert import_device(stock(user, **differently)).reason
    assert not TOTPDevice.objects.exists()


def test_an_app_that_is_set_up_during_the_import_is_kept(user, enrol):
    owners = []
    with at_statement("SELECT", TOTPDevice, lambda: owners.append(enrol(user)), after=True):
        imported = import_device(stock(user))
    [owner] = owners
    assert imported.reason == "the user has just set up an authenticator app here"
    assert owner.device.unseal() == owner.phone.secret
    assert Client().log_in(owner.user).status_code == 202
