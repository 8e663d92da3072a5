"""The keys that secrets are encrypted with, and changing them while people log in."""

import base64
import os

import pytest
from authkit.factors.totp import reencryption as keys
from authkit.models import CodeAttempts, TOTPDevice
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from tests.database.statements import at_statement
from tests.factors.answers import assert_unavailable
from tests.factors.calls import confirm, log_in_with, set_up
from tests.factors.phone import Phone

pytestmark = pytest.mark.django_db

JWT = {"SIGNING_KEY": settings.SECRET_KEY}
OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


def ring(**ids):
    return override_settings(AUTHKIT={"ENCRYPTION_KEYS": ids})


def logs_in(client, owner):
    CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
    return log_in_with(client, owner.user, owner.phone.fresh_code()).status_code == 200


@pytest.fixture
def enrolled_under(enrol, make_user):
    def enrol_under(**ids):
        with ring(**ids):
            return enrol(make_user())

    return enrol_under


# --- reading -----------------------------------------------------------------------------------


def test_the_first_key_encrypts_and_all_decrypt(client, enrolled_under):
    owner = enrolled_under(old=OLD)
    assert owner.device.sealed_secret.startswith("old.")
    with ring(new=NEW, old=OLD):
        assert logs_in(client, owner)
        assert owner.device.sealed_secret.startswith("old.")
        secret = set_up(client, owner.access, owner.recovery_codes[-1]).json()["secret"]
        assert confirm(client, owner.access, Phone(secret).code()).status_code == 200
        assert owner.device.sealed_secret.startswith("new.")


@pytest.mark.parametrize(
    "ids",
    [{"new": NEW}, {"old": NEW}, {"OLD": OLD}, {"old": NEW, "older": OLD}, {"ol": OLD}],
    ids=["gone", "another key of its name", "another case", "another name", "half its name"],
)
def test_without_its_key_it_is_503(client, enrolled_under, ids):
    owner = enrolled_under(old=OLD)
    with ring(**ids):
        assert_unavailable(log_in_with(client, owner.user, owner.phone.fresh_code()))
    with ring(old=OLD):
        assert logs_in(client, owner)


def test_the_derived_key_follows_secret_key_and_its_fallbacks(client, owner):
    before = settings.SECRET_KEY
    with override_settings(SECRET_KEY="n" * 64, SECRET_KEY_FALLBACKS=[before], SIMPLE_JWT=JWT):
        assert logs_in(client, owner)
    with override_settings(SECRET_KEY="n" * 64, SIMPLE_JWT=JWT):
        assert_unavailable(log_in_with(client, owner.user, owner.phone.fresh_code()))


def test_secrets_from_before_encryption_keys_was_set_can_still_be_read_and_moved(
    client, owner, capsys
):
    """authkit_rotate_keys says to put the key back "(or SECRET_KEY_FALLBACKS)"."""
    with ring(new=NEW):
        assert logs_in(client, owner)
        call_command("authkit_rotate_keys")
        assert owner.device.sealed_secret.startswith("new.")
        assert logs_in(client, owner)


# --- authkit_rotate_keys -----------------------------------------------------------------------


def output_of_command(capsys, *args):
    capsys.readouterr()
    call_command("authkit_rotate_keys", *args)
    return capsys.readouterr().out


def rotate(capsys, *args):
    """Return what the command says but for the keys that sign, of which each has a ``kid``."""
    lines = output_of_command(capsys, *args).splitlines()
    return "\n".join(line for line in lines if ", kid " not in line)


@pytest.mark.parametrize("batch", [1, 2, 3, 500])
def test_every_secret_moves_to_the_current_key(client, enrolled_under, capsys, batch):
    owners = [enrolled_under(old=OLD) for _ in range(5)]
    with ring(new=NEW, old=OLD):
        said = rotate(capsys, f"--batch-size={batch}")
        assert said == "5 encrypted anew under key 'new'."
        assert rotate(capsys) == "0 encrypted anew under key 'new'."
    with ring(new=NEW):
        assert all(logs_in(client, owner) for owner in owners)


def test_it_moves_secrets_that_wait_for_their_first_code_too(client, user, clock, capsys):
    access = client.pair(user)["access"]
    with ring(old=OLD):
        phone = Phone(set_up(client, access).json()["secret"], clock)
    with ring(new=NEW, old=OLD):
        rotate(capsys)
    with ring(new=NEW):
        assert confirm(client, access, phone.code()).status_code == 200


def test_it_moves_derived_keys(client, owner, capsys):
    before = settings.SECRET_KEY
    with override_settings(SECRET_KEY="n" * 64, SECRET_KEY_FALLBACKS=[before], SIMPLE_JWT=JWT):
        assert "\n1 encrypted anew under key 'derived-" in rotate(capsys)
    with override_settings(SECRET_KEY="n" * 64, SIMPLE_JWT=JWT):
        assert logs_in(client, owner)


@pytest.mark.parametrize(("current", "old"), [("1", "10"), ("a", "A"), ("a_b", "axb"), ("a", "aa")])
def test_keys_of_like_names_are_told_apart(client, enrolled_under, capsys, current, old):
    owner = enrolled_under(**{old: OLD})
    with ring(**{current: NEW, old: OLD}):
        assert rotate(capsys) == f"1 encrypted anew under key '{current}'."
    with ring(**{current: NEW}):
        assert logs_in(client, owner)


def test_what_no_key_opens_is_said_and_the_rest_is_moved(client, enrolled_under, capsys):
    owners = [enrolled_under(old=OLD) for _ in range(4)]
    TOTPDevice.objects.filter(pk=owners[1].device.pk).update(sealed_secret="lost.AAAA")
    lost = owners[1].device.sealed_secret
    with ring(new=NEW, old=OLD):
        with pytest.raises(CommandError, match=r"^1 cannot be decrypted by any key") as error:
            call_command("authkit_rotate_keys", "--batch-size=2")
        assert error.value.returncode == 1
        assert capsys.readouterr().out.startswith("3 encrypted anew under key 'new'.\n")
    assert owners[1].device.sealed_secret == lost
    with ring(new=NEW):
        assert all(logs_in(client, owner) for owner in (owners[0], owners[2], owners[3]))


@pytest.mark.parametrize("size", ["0", "-1"])
def test_a_batch_of_nothing_is_refused(db, size):
    with pytest.raises(CommandError, match="above 0"):
        call_command("authkit_rotate_keys", f"--batch-size={size}")


def test_an_app_that_is_set_up_meanwhile_is_left_as_it_has_become(client, enrolled_under, clock):
    owner, other = enrolled_under(old=OLD), enrolled_under(old=OLD)

    def set_up_another_app():
        owner.phone = Phone(
            set_up(client, owner.access, owner.recovery_codes[-1]).json()["secret"], clock
        )
        assert confirm(client, owner.access, owner.phone.code()).status_code == 200

    with ring(new=NEW, old=OLD), at_statement("UPDATE", TOTPDevice, set_up_another_app):
        done = keys.reencrypt(10)
    assert done == keys.Reencryption(changed=1, failed=0)
    with ring(new=NEW):
        assert logs_in(client, owner)
        assert logs_in(client, other)


def test_a_secret_that_is_sealed_anew_meanwhile_is_not_overwritten(enrolled_under, monkeypatch):
    owner = enrolled_under(old=OLD)
    secret = os.urandom(20)
    original = TOTPDevice.unseal

    def unseal(device):
        replaced = TOTPDevice.objects.get(pk=device.pk)
        replaced.seal(secret)
        replaced.save()
        return original(device)

    with ring(new=NEW, old=OLD):
        monkeypatch.setattr(TOTPDevice, "unseal", unseal)
        assert keys.reencrypt(10).changed == 0
        monkeypatch.undo()
    with ring(new=NEW):
        assert owner.device.unseal() == secret


def test_a_log_in_during_the_change_is_not_lost(client, enrolled_under):
    """The counters and the spent step are columns of the same row."""
    owner = enrolled_under(old=OLD)
    code = owner.phone.fresh_code()

    def log_in():
        assert log_in_with(client, owner.user, code).status_code == 200

    with ring(new=NEW, old=OLD):
        with at_statement("UPDATE", TOTPDevice, log_in):
            assert keys.reencrypt(10).changed == 1
        assert log_in_with(client, owner.user, code).status_code == 401
    with ring(new=NEW):
        assert logs_in(client, owner)


def test_the_command_shows_no_key_and_no_secret(enrolled_under, capsys):
    owner = enrolled_under(old=OLD)
    with ring(new=NEW, old=OLD):
        said = output_of_command(capsys)
    assert not any(text in said for text in (OLD, NEW, owner.phone.base32))
