"""Whatever stands in an entry: one sentence and a hint, no traceback, and nothing of a key."""

import json
import os
from datetime import UTC, date, datetime, timedelta, tzinfo
from io import StringIO
from pathlib import Path

import pytest
from authkit.checks.signing_keys import check_signing_keys
from authkit.signing.configuration import configuration
from authkit.signing.entries import MAX_FILE_BYTES, WrongEntry, read_entry
from authkit.signing.keys import ALGORITHMS, public_jwk, signing_key
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import override_settings

from tests.signing.made import entry, new, pair, pems

PRIVATE, PUBLIC = pair("EdDSA")
SECRET = "hmac-secret-that-no-output-may-show-0123456789"
#: The middle of a PEM text, which is the key.
BODY = PRIVATE.splitlines()[1]


def encrypted():
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    ).decode()


def certificate_request():
    return PUBLIC.replace("PUBLIC KEY", "CERTIFICATE REQUEST")


def eddsa(given, **more):
    return {"algorithm": "EdDSA", "private_key": given, **more}


def jwk(**changes):
    key = signing_key("EdDSA", PRIVATE)
    return dict(ALGORITHMS["EdDSA"].to_jwk(key.secret, as_dict=True)) | changes


class Nowhere(tzinfo):
    """A time zone that knows no offset: what it is part of is naive."""

    def utcoffset(self, moment):
        return None


NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001
AWARE = NAIVE.replace(tzinfo=UTC)
NOT_AWARE = "that is no aware datetime"
WRONG_KEY = "has a 'private_key' that is no key for EdDSA"

BAD = {
    "no algorithm": ({"private_key": PRIVATE}, "has the algorithm None"),
    "algorithm none": (entry() | {"algorithm": "none"}, "has the algorithm 'none'"),
    "in lower case": (entry() | {"algorithm": "eddsa"}, "has the algorithm 'eddsa'"),
    "in a list": (entry() | {"algorithm": ["EdDSA"]}, "has the algorithm (not shown)"),
    "key and algorithm swapped": (
        {"algorithm": PRIVATE, "private_key": "EdDSA"},
        "has the algorithm (not shown)",
    ),
    "no key": ({"algorithm": "EdDSA"}, "has no key"),
    "two keys": (eddsa(PRIVATE, public_key=PUBLIC), "has two keys"),
    "a misspelt member": (
        {"algorithm": "EdDSA", "privat_key": PRIVATE},
        "has no member 'privat_key'",
    ),
    "a key as member": (eddsa(PRIVATE) | {SECRET: 1}, "has no member (not shown)"),
    "a number as member": (eddsa(PRIVATE) | {7: 1}, "has no member (not shown)"),
    "half a PEM": (eddsa(PRIVATE[: len(PRIVATE) // 2]), WRONG_KEY),
    "a PEM without its lines": (eddsa(BODY), WRONG_KEY),
    "a PEM with \\n": (eddsa(PRIVATE.replace("\n", "\\n")), WRONG_KEY),
    "an encrypted PEM": (eddsa(encrypted()), WRONG_KEY),
    "a PEM of another type": (eddsa(certificate_request()), WRONG_KEY),
    "an RSA key": (eddsa(pair("RS256")[0]), WRONG_KEY),
    "another curve": (
        {"algorithm": "ES256", "private_key": pair("ES384")[0]},
        "has a 'private_key' that is no key for ES256",
    ),
    "a path as text": (eddsa("/run/secrets/signing.pem"), WRONG_KEY),
    "a secret": (eddsa(SECRET), WRONG_KEY),
    "nothing": (eddsa(""), WRONG_KEY),
    "NUL": (eddsa("\0"), WRONG_KEY),
    "a lone surrogate": (eddsa("\ud800"), WRONG_KEY),
    "nested brackets": (eddsa("[" * 100_000), WRONG_KEY),
    "a JWK of another kty": (eddsa(jwk(kty="EC")), WRONG_KEY),
    "a JWK of no kty": (eddsa(jwk(kty="none")), WRONG_KEY),
    "a JWK with numbers": (eddsa(jwk(x=7)), WRONG_KEY),
    "a JWK for agreement": (eddsa(jwk(crv="X25519")), WRONG_KEY),
    "a JWK as text": (eddsa(json.dumps(jwk(kty="oct"))), WRONG_KEY),
    "bytes": (eddsa(PRIVATE.encode()), "has a 'private_key' that is neither text nor a place"),
    "an object": (
        eddsa(signing_key("EdDSA", PRIVATE)),
        "has a 'private_key' that is neither text nor a place",
    ),
    "None": (eddsa(None), "has a 'private_key' that is neither text nor a place"),
    "two places": (
        eddsa({"file": "/a", "env": "A"}),
        "has a 'private_key' that is neither text nor a place",
    ),
    "another place": (
        eddsa({"url": "https://a"}),
        "has a 'private_key' that is neither text nor a place",
    ),
    "a public key as private": (eddsa(PUBLIC), "has a public key as 'private_key'"),
    "a public JWK as private": (
        eddsa(public_jwk(signing_key("EdDSA", PUBLIC))),
        "has a public key as 'private_key'",
    ),
    "a private key as public": (
        {"algorithm": "EdDSA", "public_key": PRIVATE},
        "has a private key as 'public_key'",
    ),
    "a short secret": (
        {"algorithm": "HS256", "private_key": SECRET[:31]},
        "has a 'private_key' that is too short: it has 31 bytes; HS256 requires 32",
    ),
    "an empty secret": (
        {"algorithm": "HS256", "private_key": ""},
        "has a 'private_key' that is no key for HS256",
    ),
    "a short JWK": (
        {"algorithm": "HS512", "private_key": {"kty": "oct", "k": "a2V5"}},
        "has a 'private_key' that is too short: it has 3 bytes; HS512 requires 64",
    ),
    "a PEM as secret": (
        {"algorithm": "HS256", "private_key": PUBLIC},
        "has a 'private_key' that is no key for HS256",
    ),
    "a naive moment": (entry(not_before=NAIVE), f"has a 'not_before' {NOT_AWARE}"),
    "a zone without offset": (
        entry(expires_at=NAIVE.replace(tzinfo=Nowhere())),
        f"has a 'expires_at' {NOT_AWARE}",
    ),
    "a day": (entry(expires_at=date(2026, 1, 1)), f"has a 'expires_at' {NOT_AWARE}"),
    "a timestamp": (
        entry(not_before=1_700_000_000),
        f"has a 'not_before' {NOT_AWARE}",
    ),
    "a text": (entry(not_before="2026-01-01"), f"has a 'not_before' {NOT_AWARE}"),
    "a duration": (entry(expires_at=timedelta(1)), f"has a 'expires_at' {NOT_AWARE}"),
    "never valid": (
        entry(
            not_before=datetime(2026, 1, 1, tzinfo=UTC), expires_at=datetime(2026, 1, 1, tzinfo=UTC)
        ),
        "is never valid",
    ),
}


def shown_by(entries):
    """Return what the check, the commands and the exception of a request say."""
    out = StringIO()
    with override_settings(AUTHKIT={"SIGNING_KEYS": entries}):
        for form in ("text", "json"):
            call_command("authkit_settings", f"--format={form}", stdout=out, no_color=True)
        call_command("authkit_make_signing_key", stdout=StringIO(), stderr=out)
        return out.getvalue()


def assert_nothing_is_shown(text):
    assert BODY not in text
    assert SECRET[:20] not in text
    assert "PRIVATE KEY" not in text


@pytest.mark.parametrize(("given", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_entry_is_one_sentence_and_a_hint(given, sentence):
    with override_settings(AUTHKIT={"SIGNING_KEYS": [given]}):
        [message] = check_signing_keys()
    assert message.id == "authkit.E020"
    assert message.msg == f"AUTHKIT['SIGNING_KEYS'][0] {sentence}."
    assert message.hint[-1] in ".}?" or message.hint.endswith("authkit_make_signing_key")
    assert_nothing_is_shown(f"{message}{shown_by([given])}")
    with pytest.raises(WrongEntry) as refused:
        read_entry(given)
    assert refused.value.__cause__ is None


def test_every_bad_entry_is_named():
    entries = [entry(), *(given for given, _ in BAD.values())]
    with override_settings(AUTHKIT={"SIGNING_KEYS": entries}):
        messages = check_signing_keys()
    assert [message.id for message in messages] == ["authkit.E020"] * len(BAD)
    assert messages[-1].msg.startswith(f"AUTHKIT['SIGNING_KEYS'][{len(BAD)}] ")
    said = shown_by(entries)
    assert all(message.msg in said for message in messages)


def test_a_misspelt_member_is_answered_with_the_right_one():
    with pytest.raises(WrongEntry) as refused:
        read_entry({"algorithm": "EdDSA", "private_key": PRIVATE, "expires": None})
    assert refused.value.hint == "Did you mean 'expires_at'?"
    with pytest.raises(WrongEntry) as refused:
        read_entry({"algorithm": "EdDSA", "private_key": PRIVATE, "zzz": None})
    assert refused.value.hint.startswith("Known are: algorithm, private_key, ")


@pytest.mark.parametrize("bits", [1024, 2047])
def test_a_short_rsa_key_is_refused(bits):
    private, _ = pems(rsa.generate_private_key(65537, bits))
    with pytest.raises(WrongEntry, match=f"it has {bits} bits; RSA requires 2048"):
        read_entry({"algorithm": "RS256", "private_key": private})


def test_a_curve_has_one_algorithm():
    private, _ = pems(ec.generate_private_key(ec.SECP256K1()))
    read_entry({"algorithm": "ES256K", "private_key": private})
    with pytest.raises(WrongEntry, match=r"no key for ES256$"):
        read_entry({"algorithm": "ES256", "private_key": private})


# --- places ------------------------------------------------------------------------------------


def in_file(path):
    return eddsa({"file": path})


def fifo(folder):
    os.mkfifo(folder / "key.pem")


def huge(folder):
    (folder / "key.pem").touch()
    os.truncate(folder / "key.pem", 1 << 40)


BAD_FILES = {
    "missing": (lambda folder: None, "No such file or directory"),
    "a directory": (lambda folder: (folder / "key.pem").mkdir(), "it is no regular file"),
    "a FIFO": (fifo, "it is no regular file"),
    "a device": (
        lambda folder: (folder / "key.pem").symlink_to("/dev/zero"),
        "it is no regular file",
    ),
    "a link to itself": (
        lambda folder: (folder / "key.pem").symlink_to("key.pem"),
        "Too many levels of symbolic links",
    ),
    "binary": (lambda folder: (folder / "key.pem").write_bytes(b"\xff\xfe\0" * 9), "it is no text"),
    "huge": (
        lambda folder: (
            (folder / "key.pem").write_bytes(b"") or os.truncate(folder / "key.pem", 1 << 40)
        ),
        f"it has more than {MAX_FILE_BYTES} bytes",
    ),
}


@pytest.mark.parametrize(("make", "reason"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path, make, reason):
    make(tmp_path)
    path = tmp_path / "key.pem"
    with pytest.raises(WrongEntry) as refused:
        read_entry(in_file(path))
    assert str(refused.value) == (
        f"has a 'private_key' in the file {str(path)!r}, which cannot be read: {reason}"
    )
    assert "the server may read" in refused.value.hint


def test_a_file_of_others_is_named_with_the_reason(tmp_path, monkeypatch):
    """Root reads every file, so the refusal of the operating system is played."""
    path = tmp_path / "key.pem"
    path.write_text(PRIVATE)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(WrongEntry, match="which cannot be read: Permission denied"):
        read_entry(in_file(path))


@pytest.mark.parametrize("content", ["", "\n", "no key", PRIVATE[:40], encrypted()])
def test_a_file_without_a_key_is_no_key(tmp_path, content):
    (tmp_path / "key.pem").write_text(content)
    with pytest.raises(WrongEntry, match="that is no key for EdDSA"):
        read_entry(in_file(str(tmp_path / "key.pem")))


UNNAMED = {
    "NUL in a path": ("file", "/run/\0.pem", "'/run/\\x00.pem', which cannot be read: no file has"),
    "a long path": (
        "file",
        "/" + "a" * 5000,
        "(not shown), which cannot be read: File name too long",
    ),
    "a PEM as path": ("file", PRIVATE, "(not shown), which cannot be read: "),
    "a secret as path": ("file", SECRET, "(not shown), which cannot be read: "),
    "a JWK as path": ("file", json.dumps(jwk()), "(not shown), which cannot be read: "),
    "an empty path": ("file", "", "(not shown), which cannot be read: it is no regular file"),
    "unset": ("env", "NO_SUCH_VARIABLE", "'NO_SUCH_VARIABLE', which is not set"),
    "a PEM as variable": ("env", PRIVATE, "(not shown), which is not set"),
    "a secret as variable": ("env", SECRET, "(not shown), which is not set"),
    "NUL in a variable": ("env", "A\0", "(not shown), which is not set"),
    "an empty variable": ("env", "", "(not shown), which is not set"),
}


@pytest.mark.parametrize(("where", "place", "sentence"), UNNAMED.values(), ids=UNNAMED)
def test_a_key_in_the_place_of_a_name_is_not_shown(where, place, sentence):
    given = eddsa({where: place})
    with override_settings(AUTHKIT={"SIGNING_KEYS": [given]}):
        [message] = check_signing_keys()
    assert sentence in message.msg
    assert_nothing_is_shown(f"{message}{shown_by([given])}")


def test_a_variable_that_holds_no_key_is_not_shown(monkeypatch):
    monkeypatch.setenv("SIGNING_KEY", SECRET)
    with pytest.raises(WrongEntry) as refused:
        read_entry(eddsa({"env": "SIGNING_KEY"}))
    assert SECRET not in f"{refused.value}{refused.value.hint}"


def test_a_key_is_the_same_in_every_place(tmp_path, monkeypatch):
    path = tmp_path / "key"
    for algorithm, text in (("EdDSA", PRIVATE), ("HS256", SECRET), ("EdDSA", json.dumps(jwk()))):
        path.write_text(f"{text}\n")  # what an editor adds
        monkeypatch.setenv("SIGNING_KEY", text)
        places = [text, {"file": path}, {"file": str(path)}, {"env": "SIGNING_KEY"}]
        keys = [read_entry({"algorithm": algorithm, "private_key": place}) for place in places]
        assert len({key.kid for key in keys}) == 1


def test_a_request_says_no_more_than_the_check():
    with (
        override_settings(AUTHKIT={"SIGNING_KEYS": [eddsa({"env": SECRET})]}),
        pytest.raises(ImproperlyConfigured) as refused,
    ):
        configuration()
    assert SECRET not in str(refused.value)


def test_no_key_is_in_a_repr():
    private, _ = pems(new("EdDSA"))
    key = read_entry({"algorithm": "EdDSA", "private_key": private})
    assert private.splitlines()[1] not in repr(key)
