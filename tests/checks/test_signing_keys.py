"""authkit.E020 to E023, W018 to W022: the keys of a ring, and when they sign.

What an entry can get wrong is in tests/signing/test_bad_entries.py.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from authkit.checks.signing_keys import check_key_ring, check_signing_keys
from authkit.signing.keys import ALGORITHMS, signing_key
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from tests.signing.made import entry, pair

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMED = {"ISSUER": "https://api.example.com", "AUDIENCE": "https://api.example.com"}

pytestmark = pytest.mark.usefixtures("clock")


def key(number=0, begins=None, ends=None, algorithm="EdDSA"):
    """Return an entry that begins and ends that long after now."""
    moments = {"not_before": begins, "expires_at": ends}
    given = {name: NOW + delay for name, delay in moments.items() if delay is not None}
    return entry(algorithm, number, **given)


def public(number=0, **moments):
    given = key(number, **moments)
    del given["private_key"]
    return given | {"public_key": pair("EdDSA", number)[1]}


def found(*keys, **simple_jwt):
    with override_settings(AUTHKIT={"SIGNING_KEYS": list(keys)}, SIMPLE_JWT=NAMED | simple_jwt):
        messages = [*check_signing_keys(), *check_key_ring()]
    return [(message.id, message.msg, message.hint) for message in messages]


def ids(*keys, **simple_jwt):
    return [message[0] for message in found(*keys, **simple_jwt)]


RIGHT = {
    "no ring": [],
    "one key": [key()],
    "one key from a moment on": [key(begins=-HOUR)],
    "the first key, to come": [key(begins=HOUR)],
    "one that follows": [key(1, begins=HOUR), key(0, ends=HOUR + DAY)],
    "one that followed": [key(1, begins=-HOUR), key(0, ends=DAY - HOUR)],
    "one that has ended": [key(1, begins=-2 * DAY), key(0, ends=-HOUR)],
    "one that ended too early": [key(1, begins=-HOUR), key(0, begins=-DAY, ends=-HOUR / 2)],
    "one public key": [key(), public(1)],
    "public keys alone": [public(), public(1)],
    "an end in a year": [key(ends=365 * DAY)],
    "several algorithms": [key(), key(algorithm="RS256"), key(algorithm="ES256")],
    "a secret": [{"algorithm": "HS256", "private_key": "s" * 43}],
    "in a tuple": (key(),),
}


@pytest.mark.parametrize("keys", RIGHT.values(), ids=RIGHT)
def test_a_right_ring_is_passed_in_silence(keys):
    assert found(*keys) == []


# --- E021: the same key twice ------------------------------------------------------------------


def test_each_repetition_is_named_with_the_first_of_them():
    hint = "Remove one of them. A key has one algorithm (RFC 8725 section 3.1)."
    again = "AUTHKIT['SIGNING_KEYS'][{}] is the key of AUTHKIT['SIGNING_KEYS'][{}] again."
    assert found(key(), key(1), public(1, ends=DAY), key(ends=DAY)) == [
        ("authkit.E021", again.format(2, 1), hint),
        ("authkit.E021", again.format(3, 0), hint),
    ]


def test_a_key_has_one_algorithm():
    rsa = key(algorithm="RS256")
    assert ids(rsa, rsa | {"algorithm": "PS256"}) == ["authkit.E021"]


# --- E022 and W018: no key signs ---------------------------------------------------------------

SILENT = {
    "the only one has ended": [key(begins=-DAY, ends=-HOUR)],
    "it ends now": [key(begins=-DAY, ends=timedelta(0))],
    "a gap": [key(1, begins=HOUR), key(begins=-DAY, ends=-HOUR)],
    "all but public ones have ended": [public(1), key(begins=-DAY, ends=-HOUR)],
}


@pytest.mark.parametrize("keys", SILENT.values(), ids=SILENT)
@pytest.mark.parametrize("simple_jwt", [{}, {"SIGNING_KEY": "s" * 64}], ids=["", "SIMPLE_JWT"])
def test_if_no_key_signs_then_that_is_an_error(keys, simple_jwt):
    assert found(*keys, **simple_jwt) == [
        (
            "authkit.E022",
            "No key of AUTHKIT['SIGNING_KEYS'] signs now: log-in and refresh answer 503.",
            "Add a key: manage.py authkit_make_signing_key --signs-in-hours 0",
        )
    ]


def test_the_end_of_the_last_key_is_announced():
    assert found(key(ends=2 * HOUR)) == [
        (
            "authkit.W018",
            "No key signs from 2026-03-01 14:01 UTC on: log-in and refresh will answer 503, and "
            "the tokens of the last key are refused.",
            "Add a key: manage.py authkit_make_signing_key. Give the present one a later "
            "'expires_at', or none.",
        )
    ]


@pytest.mark.parametrize(
    ("lifetime", "end", "expected"),
    [
        (DAY, 30 * DAY - HOUR, ["authkit.W018"]),
        (DAY, 30 * DAY, []),
        (90 * DAY, 90 * DAY - HOUR, ["authkit.W018"]),
        (90 * DAY, 90 * DAY, []),
    ],
)
def test_it_is_announced_thirty_days_before_or_as_long_as_tokens_live(lifetime, end, expected):
    assert ids(key(ends=end), REFRESH_TOKEN_LIFETIME=lifetime) == expected


def test_a_gap_is_announced():
    [message] = found(key(1, begins=2 * DAY), key(ends=DAY))
    assert message[0] == "authkit.W018"
    assert "from 2026-03-02 12:01 UTC on" in message[1]


# --- W019: an overlap that is too short ----------------------------------------------------------


def test_a_key_that_ends_before_its_tokens_is_named():
    [message] = found(key(1, begins=HOUR), key(0, ends=2 * HOUR))
    assert message == (
        "authkit.W019",
        "AUTHKIT['SIGNING_KEYS'][1] expires at 2026-03-01 14:01 UTC, before the tokens that it "
        "signs until 2026-03-01 13:01 UTC: their users will have to log in again.",
        "Write 'expires_at': datetime(2026, 3, 2, 13, 2, tzinfo=UTC), or a later one.",
    )
    assert found(key(1, begins=HOUR), key(0, ends=timedelta(hours=25, minutes=2))) == []


SHORT = {
    "none at all": [key(1, begins=HOUR), key(0, ends=HOUR)],
    "less than a lifetime": [key(1, begins=HOUR), key(0, ends=HOUR + DAY - timedelta(seconds=1))],
    "of one that signed before": [key(1, begins=-HOUR), key(0, ends=HOUR)],
    "of the one in the middle": [key(2, begins=HOUR), key(1, begins=-HOUR, ends=2 * HOUR), key()],
    "of one that begins later": [key(2, begins=9 * DAY), key(1, begins=DAY, ends=9 * DAY), key()],
}


@pytest.mark.parametrize("keys", SHORT.values(), ids=SHORT)
def test_an_overlap_is_as_long_as_tokens_live(keys):
    assert set(ids(*keys)) == {"authkit.W019"}


def test_the_longer_lifetime_counts():
    keys = key(1, begins=HOUR), key(0, ends=HOUR + 2 * DAY)
    assert ids(*keys) == []
    assert ids(*keys, REFRESH_TOKEN_LIFETIME=3 * DAY) == ["authkit.W019"]


# --- W020: ALGORITHM beside a ring ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "simple_jwt", "expected"),
    [
        ([key()], {}, []),
        ([], {"ALGORITHM": "HS512"}, []),
        ([key(begins=HOUR)], {"ALGORITHM": "HS512"}, []),
        ([key(begins=-HOUR)], {"ALGORITHM": "HS512"}, []),
        ([key(begins=-2 * DAY)], {"ALGORITHM": "HS512"}, ["authkit.W020"]),
        ([key()], {"ALGORITHM": "HS256"}, ["authkit.W020"]),
        ([key(begins=HOUR)], {"ALGORITHM": "RS256"}, ["authkit.W020"]),
        ([key()], {"ALGORITHM": "HS256", "SIGNING_KEY": "s" * 64}, []),
    ],
)
def test_an_algorithm_that_changes_nothing(keys, simple_jwt, expected):
    assert ids(*keys, **simple_jwt) == expected


# --- W021: who issued a token, and for whom ------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (["ISSUER"], "no 'ISSUER':"),
        (["AUDIENCE"], "no 'AUDIENCE':"),
        (["ISSUER", "AUDIENCE"], "no 'ISSUER' and no 'AUDIENCE':"),
    ],
)
def test_tokens_for_others_name_issuer_and_audience(missing, words):
    nothing = dict.fromkeys(missing)
    [message] = found(key(), **nothing)
    assert message[0] == "authkit.W021"
    assert message[1].startswith(f"SIMPLE_JWT has {words} other services")
    assert ids(public(), **nothing) == []
    assert ids({"algorithm": "HS256", "private_key": "s" * 43}, **nothing) == []
    assert ids(**nothing) == []


# --- W022: who may read the file -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0o600, []),
        (0o400, []),
        (0o640, []),
        (0o440, []),
        (0o660, []),
        (0o644, ["authkit.W022"]),
        (0o444, ["authkit.W022"]),
        (0o602, ["authkit.W022"]),
        (0o777, ["authkit.W022"]),
    ],
    ids=lambda value: oct(value) if isinstance(value, int) else "",
)
@pytest.mark.parametrize("linked", [False, True], ids=["", "linked"])
def test_a_file_that_every_user_may_open_is_named(tmp_path, mode, expected, linked):
    path, link = tmp_path / "signing.pem", tmp_path / "link.pem"
    path.write_text(pair("EdDSA")[0])
    path.chmod(mode)
    link.symlink_to(path)
    entries = [{"algorithm": "EdDSA", "private_key": {"file": link if linked else str(path)}}]
    assert ids(key(1), *entries) == expected


def test_a_public_key_may_be_read_by_all(tmp_path):
    path = tmp_path / "signing.pub"
    path.write_text(pair("EdDSA")[1])
    path.chmod(0o644)
    assert ids(key(1), {"algorithm": "EdDSA", "public_key": {"file": path}}) == []


def test_a_member_of_a_jwk_is_no_file():
    secret = signing_key("EdDSA", pair("EdDSA")[0]).secret
    jwk = ALGORITHMS["EdDSA"].to_jwk(secret, as_dict=True) | {"file": "/no/such/file"}
    assert ids({"algorithm": "EdDSA", "private_key": jwk}) == []


# --- E023: leeway ---------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, 30, 0.5, None, timedelta(0), timedelta(seconds=30)], ids=str)
def test_a_right_leeway(value):
    assert ids(LEEWAY=value) == []


@pytest.mark.parametrize(
    "value",
    ["30", -1, timedelta(seconds=-1), float("nan"), float("inf"), True, [], Decimal(1), b"1"],
    ids=repr,
)
def test_a_wrong_leeway(value):
    assert found(key(), LEEWAY=value) == [
        (
            "authkit.E023",
            "SIMPLE_JWT['LEEWAY'] should be a number of seconds from 0 up, or a timedelta, not "
            f"{value!r}.",
            "Write 0, or timedelta(seconds=30).",
        )
    ]


# --- all of them ----------------------------------------------------------------------------------

ODD = {
    "AUTHKIT is None": {"AUTHKIT": None},
    "AUTHKIT is a list": {"AUTHKIT": []},
    "the ring is None": {"AUTHKIT": {"SIGNING_KEYS": None}},
    "the ring is a dict": {"AUTHKIT": {"SIGNING_KEYS": key()}},
    "the ring is a text": {"AUTHKIT": {"SIGNING_KEYS": pair("EdDSA")[0]}},
    "a text in the ring": {"AUTHKIT": {"SIGNING_KEYS": [pair("EdDSA")[0]]}},
    "SIMPLE_JWT is None": {"AUTHKIT": {"SIGNING_KEYS": [key()]}, "SIMPLE_JWT": None},
    "lifetimes are numbers": {
        "AUTHKIT": {"SIGNING_KEYS": [key()]},
        "SIMPLE_JWT": NAMED | {"REFRESH_TOKEN_LIFETIME": 5, "ACCESS_TOKEN_LIFETIME": None},
    },
    "an algorithm in a list": {
        "AUTHKIT": {"SIGNING_KEYS": [key()]},
        "SIMPLE_JWT": NAMED | {"ALGORITHM": ["RS256"]},
    },
    "a key that is none": {
        "AUTHKIT": {"SIGNING_KEYS": [key()]},
        "SIMPLE_JWT": NAMED | {"ALGORITHM": "RS256", "SIGNING_KEY": "x"},
    },
}


@pytest.mark.parametrize("settings", ODD.values(), ids=ODD)
def test_what_other_checks_report_is_left_to_them(settings):
    with override_settings(**settings):
        assert [*check_signing_keys(), *check_key_ring()] == []
        out = StringIO()
        call_command("authkit_settings", stdout=out, no_color=True)
    assert pair("EdDSA")[0].splitlines()[1] not in out.getvalue()


@pytest.mark.django_db
def test_manage_py_check_runs_them():
    wrong = {"AUTHKIT": {"SIGNING_KEYS": [{}]}}
    with override_settings(**wrong), pytest.raises(SystemCheckError, match=r"authkit\.E020"):
        call_command("check")
    soon = {"AUTHKIT": {"SIGNING_KEYS": [key(ends=HOUR)]}, "SIMPLE_JWT": {}}
    with override_settings(**soon):
        assert "authkit.W018" not in {message.id for message in run_checks()}
        deployed = {message.id for message in run_checks(include_deployment_checks=True)}
    assert {"authkit.W018", "authkit.W021"} <= deployed


def test_the_settings_command_puts_them_below_the_ring():
    out = StringIO()
    with override_settings(AUTHKIT={"SIGNING_KEYS": [key(), {}, key()]}):
        call_command("authkit_settings", stdout=out, no_color=True)
    lines = out.getvalue().splitlines()
    at = lines.index("AUTHKIT['SIGNING_KEYS'] = \"********\"  # AUTHKIT")
    assert lines[at + 1].startswith("    AUTHKIT['SIGNING_KEYS'][1] has the algorithm None. Write")
    assert lines[at + 2].startswith("    AUTHKIT['SIGNING_KEYS'][2] is the key of AUTHKIT")
    assert pair("EdDSA")[0].splitlines()[1] not in out.getvalue()
