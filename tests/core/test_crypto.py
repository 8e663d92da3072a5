"""Sealing: what opens, what does not, and that nothing of the secret shows."""

import base64

import pytest
from authkit.core import crypto
from authkit.core.crypto import CannotUnseal
from django.test import override_settings

KEY, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
CONTEXT = "authkit.totp:1:2"
SECRETS = {"twenty bytes": bytes(range(20)), "empty": b"", "one": b"\0", "long": b"x" * 10_000}


def ring(**ids):
    return override_settings(AUTHKIT={"ENCRYPTION_KEYS": ids})


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("context", ["", CONTEXT, "\u20ac", "x" * 1_000], ids=len)
def test_what_is_sealed_is_unsealed(secret, context):
    assert crypto.unseal(crypto.seal(secret, context=context), context=context) == secret


def test_the_same_secret_is_never_sealed_alike():
    sealed = {crypto.seal(b"secret", context=CONTEXT) for _ in range(200)}
    assert len(sealed) == 200


def test_nothing_of_the_secret_shows():
    secret = b"A" * 40
    value = crypto.seal(secret, context=CONTEXT).partition(".")[2]
    raw = base64.urlsafe_b64decode(value)
    assert len(raw) == 12 + 40 + 16
    assert b"AA" not in raw


@pytest.mark.parametrize("context", ["", CONTEXT + " ", CONTEXT.upper(), "authkit.totp:1", "\0"])
def test_another_context_opens_nothing(context):
    sealed = crypto.seal(b"secret", context=CONTEXT)
    with pytest.raises(CannotUnseal):
        crypto.unseal(sealed, context=context)


def test_any_bit_that_differs_opens_nothing():
    key_id, _, value = crypto.seal(b"0123456789", context=CONTEXT).partition(".")
    raw = base64.urlsafe_b64decode(value)
    for position in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[position // 8] ^= 1 << position % 8
        damaged = f"{key_id}.{base64.urlsafe_b64encode(changed).decode()}"
        with pytest.raises(CannotUnseal):
            crypto.unseal(damaged, context=CONTEXT)


def test_any_length_that_differs_opens_nothing():
    sealed = crypto.seal(b"0123456789", context=CONTEXT)
    for length in range(len(sealed)):
        with pytest.raises(CannotUnseal):
            crypto.unseal(sealed[:length], context=CONTEXT)


@pytest.mark.parametrize(
    "value", ["", ".", "..", "x", "x.y", "\0", "\u20ac.\u20ac", "." * 10_000, "k.", "k." + "A" * 99]
)
def test_what_was_never_sealed_is_refused(value):
    with ring(k=KEY), pytest.raises(CannotUnseal):
        crypto.unseal(value, context=CONTEXT)


def test_the_failure_says_nothing_of_its_reason():
    sealed = crypto.seal(b"secret", context=CONTEXT)
    with pytest.raises(CannotUnseal) as error:
        crypto.unseal(sealed, context="other")
    assert (error.value.args, error.value.__cause__) == ((), None)


# --- keys --------------------------------------------------------------------------------------


def test_the_first_of_the_ring_seals_and_each_opens():
    with ring(a=KEY, b=OTHER):
        assert crypto.current_key_id() == "a"
        sealed = crypto.seal(b"secret", context=CONTEXT)
    assert crypto.key_id_of(sealed) == "a"
    with ring(b=OTHER, a=KEY):
        assert crypto.current_key_id() == "b"
        assert crypto.unseal(sealed, context=CONTEXT) == b"secret"


def test_the_id_of_a_key_chooses_the_key():
    with ring(a=KEY):
        sealed = crypto.seal(b"secret", context=CONTEXT)
    with ring(a=OTHER, b=KEY), pytest.raises(CannotUnseal):
        crypto.unseal(sealed, context=CONTEXT)


def test_the_derived_key_is_the_same_in_every_process_and_another_for_another_secret():
    with override_settings(SECRET_KEY="a" * 50):
        first = dict(crypto.key_ring())
        assert dict(crypto.key_ring()) == first
    with override_settings(SECRET_KEY="b" * 50, SECRET_KEY_FALLBACKS=["a" * 50]):
        both = dict(crypto.key_ring())
    assert len(both) == 2
    assert list(both)[1:] == list(first)
    assert all(len(key) == 32 for key in both.values())
    assert all(key_id.startswith("derived-") for key_id in both)


def test_known_answer_what_an_earlier_version_sealed_still_opens():
    """A changed HKDF label would lock every user of a second factor out after an upgrade."""
    sealed = "derived-a846718f.yNpO50rdDO2NIyG-Tbnr_n-AY6nIG_pzrgK1POWIjZg5DWWoHXBVXy8o2Rw="
    with override_settings(SECRET_KEY="a" * 50):
        opened = crypto.unseal(
            sealed, context="authkit.totp:1:00000000-0000-4000-8000-000000000000"
        )
    assert opened == b"JBSWY3DPEHPK3PXP"


def test_the_id_of_a_derived_key_tells_neither_key_nor_secret():
    with override_settings(SECRET_KEY="a" * 50):
        [(key_id, key)] = crypto.key_ring().items()
    assert key.hex()[:8] not in key_id
    assert "aaaa" not in key_id


def test_a_secret_key_may_be_bytes():
    with override_settings(SECRET_KEY=b"a" * 50):
        first = dict(crypto.key_ring())
    with override_settings(SECRET_KEY="a" * 50):
        assert dict(crypto.key_ring()) == first


SPELLINGS = {
    "standard": base64.b64encode(b"\xff\xfb" * 16).decode(),
    "url-safe": base64.urlsafe_b64encode(b"\xff\xfb" * 16).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_key_is_read_in_both_alphabets(spelling):
    assert crypto.decode_key(spelling) == b"\xff\xfb" * 16


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "A" * 43,
        "A" * 42 + "==",
        KEY[:-4],
        KEY + "AAAA",
        KEY + "\n",
        "\u20ac" * 44,
        1,
        None,
    ],
    ids=ascii,
)
def test_what_is_no_key_is_refused(value):
    with pytest.raises(ValueError, match=r"not Base64|bytes instead of 32|only ASCII"):
        crypto.decode_key(value)
