"""``manage.py authkit_make_signing_key``."""

import json
import os
import re
import stat
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from authkit.management.commands import authkit_make_signing_key as command
from authkit.signing.entries import read_entry
from authkit.signing.generation import CURVES, NEW_KEY_ALGORITHMS
from authkit.signing.keys import ALGORITHMS, HMAC_KEY_BYTES
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import CommandError, call_command, execute_from_command_line
from django.test import override_settings

from tests.conftest import Client
from tests.signing.made import entry

IN_AN_HOUR = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)


def run(*arguments):
    out, err = StringIO(), StringIO()
    call_command(command.Command(no_color=True), *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def pasted(text):
    """Return the entry as a settings module would have it."""
    [found] = eval(f"[{text}]", {"datetime": datetime, "UTC": UTC})
    return found


def kid_in(text):
    return re.search(r"^Its kid is ([\w-]+)\.$", text, re.MULTILINE)[1]


@pytest.mark.slow
@pytest.mark.parametrize("form", [None, "jwk"])
@pytest.mark.parametrize("algorithm", NEW_KEY_ALGORITHMS)
def test_the_key_of_each_algorithm_can_be_pasted_in(tmp_path, clock, algorithm, form):
    path = tmp_path / "signing"
    options = [f"--format={form}"] if form else []
    out, err = run(f"--algorithm={algorithm}", f"--file={path}", *options)
    made = pasted(out)
    assert made == {
        "algorithm": algorithm,
        "private_key": {"file": str(path)},
        "not_before": IN_AN_HOUR,
    }
    key = read_entry(made)
    assert key.kid == kid_in(err)
    assert_right_size(key)
    signature = ALGORITHMS[algorithm].sign(b"text", key.secret)
    assert ALGORITHMS[algorithm].verify(b"text", key.public, signature)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    if form:
        assert json.loads(text).items() >= {"kid": key.kid, "alg": algorithm, "use": "sig"}.items()
    elif algorithm not in HMAC_KEY_BYTES:
        assert text.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert text.strip() not in out + err


def assert_right_size(key):
    if isinstance(key.public, rsa.RSAPublicKey):
        assert key.public.key_size == 3072
    if key.algorithm in HMAC_KEY_BYTES:  # Base64url has 6 bits in a byte
        assert len(key.secret) * 6 // 8 == HMAC_KEY_BYTES[key.algorithm]
    if key.algorithm in CURVES:
        assert isinstance(key.public.curve, CURVES[key.algorithm])


def test_two_keys_differ():
    assert run()[0] != run()[0]
    assert run("--algorithm=HS256")[0] != run("--algorithm=HS256")[0]


@pytest.mark.parametrize(
    "options", [[], ["--format=jwk"], ["--algorithm=HS256"], ["--algorithm=HS256", "--format=jwk"]]
)
def test_without_a_file_standard_output_is_the_key_alone(clock, monkeypatch, options):
    out, err = run(*options)
    made = pasted(err[: err.index("\n},") + 3])
    assert made["private_key"] == {"env": "SIGNING_KEY_2026_03_01"}
    assert made["not_before"] == IN_AN_HOUR
    monkeypatch.setenv("SIGNING_KEY_2026_03_01", out)
    assert read_entry(made).kid == kid_in(err)
    assert out.strip() not in err


def test_a_secret_has_no_line_end_in_a_pipe():
    assert re.fullmatch(r"[\w-]{43}", run("--algorithm=HS256")[0])


@pytest.mark.parametrize("existing", ["file", "link", "dangling link", "folder"])
def test_what_exists_is_never_overwritten(tmp_path, existing):
    path, target = tmp_path / "signing.pem", tmp_path / "target"
    if existing == "file":
        path.write_text("old")
    elif existing == "folder":
        path.mkdir()
    else:
        path.symlink_to(target)
        if existing == "link":
            target.write_text("old")
    with pytest.raises(CommandError, match="exists, and is never overwritten: name a new file"):
        run(f"--file={path}")
    assert existing != "file" or path.read_text() == "old"
    assert existing != "link" or target.read_text() == "old"
    assert existing != "dangling link" or not target.exists()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("no/such/folder", "No such file or directory"),
        ("", "No such file or directory"),
        ("a\0b", "no file has such a path"),
        ("a" * 300, "File name too long"),
    ],
    ids=["no folder", "empty", "NUL", "long"],
)
def test_a_path_that_cannot_be_written_is_one_sentence(path, reason):
    with pytest.raises(CommandError, match=f"cannot be written: {reason}"):
        run("--file", path)


def test_if_the_disk_is_full_then_no_half_key_is_left(tmp_path, monkeypatch):
    """/dev/full refuses what is written, as a full disk does."""
    path, opened = tmp_path / "signing.pem", os.open

    def on_a_full_disk(name, *args):
        os.close(opened(name, *args))
        return opened("/dev/full", os.O_WRONLY)

    monkeypatch.setattr(command.os, "open", on_a_full_disk)
    with pytest.raises(CommandError, match="cannot be written: No space left on device"):
        run(f"--file={path}")
    assert not path.exists()


def test_the_umask_does_not_open_the_file(tmp_path):
    before = os.umask(0)
    try:
        run(f"--file={tmp_path / 'signing.pem'}")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "signing.pem").stat().st_mode) == 0o600


def test_a_relative_path_is_pasted_as_an_absolute_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert pasted(run("--file=signing.pem")[0])["private_key"] == {
        "file": str(tmp_path / "signing.pem")
    }


@pytest.mark.parametrize("hours", ["-1", "nan", "inf", "8761"])
def test_a_delay_that_is_none_is_refused(hours):
    with pytest.raises(CommandError, match="--signs-in-hours must be a number from 0 to 8760"):
        run(f"--signs-in-hours={hours}")


@pytest.mark.parametrize("options", [["--algorithm=none"], ["--algorithm=eddsa"], ["--format=der"]])
def test_what_there_is_not_is_refused(options):
    with pytest.raises(CommandError, match="invalid choice"):
        run(*options)


@pytest.mark.parametrize("algorithm", HMAC_KEY_BYTES)
def test_an_hmac_secret_has_no_pem(algorithm):
    with pytest.raises(CommandError, match=f"A key for {algorithm} has no PEM form"):
        run(f"--algorithm={algorithm}", "--format=pem")


# --- what to do next -----------------------------------------------------------------------------


def said_with(settings, *options):
    with override_settings(**settings):
        return run(*options)[1]


def test_it_says_by_when_the_key_has_to_be_everywhere(clock):
    assert "deploy it to all servers before 2026-03-01 13:00 UTC" in run()[1]
    said = run("--signs-in-hours=72.5")[1]
    assert "deploy it to all servers before 2026-03-04 12:30 UTC" in said
    said = run("--signs-in-hours=0")[1]
    assert "deploy it to all servers together" in said
    assert "If the old key has leaked, remove it instead" in said
    assert "datetime(2026, 3, 1, 12, 0, tzinfo=UTC)" in said


def test_it_says_until_when_to_keep_the_old_entry(clock):
    keys = [entry(number=1, not_before=IN_AN_HOUR + timedelta(days=9)), entry()]
    ring = {"AUTHKIT": {"SIGNING_KEYS": keys}}
    assert (
        "Keep AUTHKIT['SIGNING_KEYS'][1], and add 'expires_at': "
        "datetime(2026, 3, 2, 13, 1, tzinfo=UTC) to it" in said_with(ring)
    )
    assert "Keep AUTHKIT['SIGNING_KEYS'][0]" in said_with(ring, "--signs-in-hours=300")


def test_the_lifetime_of_refresh_tokens_decides(clock):
    said = said_with(
        {
            "AUTHKIT": {"SIGNING_KEYS": [entry()]},
            "SIMPLE_JWT": {"REFRESH_TOKEN_LIFETIME": timedelta(days=30)},
        }
    )
    assert "'expires_at': datetime(2026, 3, 31, 13, 1, tzinfo=UTC)" in said


def test_it_says_what_happens_to_the_key_of_simple_jwt(clock):
    said = said_with({"SIMPLE_JWT": {"SIGNING_KEY": "s" * 64}})
    assert "Keep SIMPLE_JWT['SIGNING_KEY'] until 2026-03-02 13:01 UTC" in said


def test_it_says_that_a_derived_key_ends_by_itself(clock):
    said = said_with({"SECRET_KEY_FALLBACKS": ["f" * 50]})
    assert "There is nothing to keep" in said
    assert "verifies its tokens until 2026-03-02 13:01 UTC" in said


def test_after_a_pause_there_is_nothing_to_keep(clock):
    past = datetime(2026, 1, 1, tzinfo=UTC)
    old = entry(not_before=past - timedelta(days=1), expires_at=past)
    said = said_with({"AUTHKIT": {"SIGNING_KEYS": [old]}})
    assert "there is none to keep" in said


BROKEN = {
    "AUTHKIT is None": {"AUTHKIT": None},
    "AUTHKIT is a list": {"AUTHKIT": ["SIGNING_KEYS"]},
    "the ring is a dict": {"AUTHKIT": {"SIGNING_KEYS": {"algorithm": "EdDSA"}}},
    "the ring has a text": {"AUTHKIT": {"SIGNING_KEYS": ["EdDSA"]}},
    "a bad entry": {"AUTHKIT": {"SIGNING_KEYS": [{}]}},
    "a missing file": {
        "AUTHKIT": {
            "SIGNING_KEYS": [{"algorithm": "EdDSA", "private_key": {"file": "/no/such.pem"}}]
        }
    },
    "one key twice": {"AUTHKIT": {"SIGNING_KEYS": [entry(), entry()]}},
    "SIMPLE_JWT is None": {"SIMPLE_JWT": None},
    "lifetimes are numbers": {"SIMPLE_JWT": {"REFRESH_TOKEN_LIFETIME": 5}},
    "no such algorithm": {"SIMPLE_JWT": {"ALGORITHM": ["EdDSA"]}},
    "no key": {"SIMPLE_JWT": {"ALGORITHM": "RS256"}},
    "a bad leeway": {"SIMPLE_JWT": {"LEEWAY": "soon", "ALGORITHM": "ES256", "SIGNING_KEY": "x"}},
}


@pytest.mark.parametrize("settings", BROKEN.values(), ids=BROKEN)
def test_it_runs_while_the_settings_are_wrong(settings, capsys):
    with override_settings(**settings):
        execute_from_command_line(["manage.py", "authkit_make_signing_key", "--no-color"])
    out, err = capsys.readouterr()
    assert out.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert "Keep the entry of the key that signs until then" in err


# --- from one key to the next -----------------------------------------------------------------


@pytest.mark.django_db
def test_who_follows_the_command_logs_nobody_out(client, user, clock, tmp_path, settings):
    """Publish, sign, retire, twice, from SECRET_KEY on; each server is deployed on its own."""
    server, late = client, Client()
    session = server.pair(user)
    ring, day = [], timedelta(days=1)
    for number in range(3):
        before = list(ring)
        out, err = run(f"--file={tmp_path / str(number)}")
        clock.shift(timedelta(minutes=20))
        ring = [pasted(out), *ring]
        if number:
            end = re.search(r"'expires_at': (datetime\(.*?\)) ", err)[1]
            ring[1]["expires_at"] = eval(end, {"datetime": datetime, "UTC": UTC})
        for one, keys in ((server, ring), (late, before), (late, ring)):
            settings.AUTHKIT = {"SIGNING_KEYS": keys}
            session = refreshed(one, session)
        for _ in range(5):
            clock.shift(day - timedelta(minutes=1))
            session = refreshed(server, session)
        now = datetime.now(UTC)
        ring = [one for one in ring if one.get("expires_at", now) >= now]
        settings.AUTHKIT = {"SIGNING_KEYS": ring}
        session = refreshed(late, session)
    assert len(ring) == 1


def refreshed(client, session):
    answer = client.refresh(session["refresh"])
    assert answer.status_code == 200, answer.json()
    assert client.verify(answer.json()["access"]).status_code == 200
    return answer.json()
