"""``manage.py authkit_rotate_keys`` says what is due for the keys that sign tokens."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from authkit.signing.ring import read_ring
from django.core.management import call_command
from django.test import override_settings

from tests.signing.made import entry, pair

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMED = {"ISSUER": "https://api.example.com", "AUDIENCE": "https://api.example.com"}


def key(number=0, begins=None, ends=None):
    moments = {"not_before": begins, "expires_at": ends}
    given = {name: NOW + delay for name, delay in moments.items() if delay is not None}
    return entry("EdDSA", number, **given)


def rotate():
    out, err = StringIO(), StringIO()
    call_command("authkit_rotate_keys", stdout=out, stderr=err, no_color=True)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def said(*keys, **settings):
    """Return what it says of each key, by its place, and the warnings."""
    simple_jwt = NAMED | settings.pop("SIMPLE_JWT", {})
    with override_settings(AUTHKIT={"SIGNING_KEYS": list(keys)}, SIMPLE_JWT=simple_jwt, **settings):
        all_lines, warnings = rotate()
        kids = {key.kid for key in read_ring().keys}
    done = ("0 names carried over to SECRET_KEY.", "0 encrypted anew under key ")
    lines = [line for line in all_lines if not line.startswith(done)]
    assert len(all_lines) - len(lines) == (2 if "SECRET_KEY_FALLBACKS" in settings else 1)
    silence = [lines.pop()] if lines[-1].startswith("No key signs from ") else []
    matches = [re.fullmatch(r"(\S+) \((\w+), kid ([\w-]+)\) (.*)", line) for line in lines]
    assert {match[3] for match in matches} == kids
    shown = "\n".join([*lines, *warnings])
    assert pair("EdDSA")[0].splitlines()[1] not in shown
    assert "s" * 30 not in shown
    return {match[1].removeprefix("AUTHKIT"): match[4] for match in matches}, silence + warnings


def test_without_a_ring_the_key_of_secret_key_signs():
    assert said() == ({"SECRET_KEY": "signs."}, [])


def test_a_fallback_is_needed_by_sessions_that_were_not_refreshed_since():
    lines, _ = said(SECRET_KEY_FALLBACKS=["f" * 50], SIMPLE_JWT={"REFRESH_TOKEN_LIFETIME": 9 * DAY})
    needed = "Sessions and links need it for timedelta(days=9) after SECRET_KEY changed."
    assert lines["SECRET_KEY_FALLBACKS[0]"] == f"verifies only. {needed}"
    lines, _ = said(key(begins=-HOUR), SECRET_KEY_FALLBACKS=["f" * 50])
    assert lines["SECRET_KEY_FALLBACKS[0]"].startswith(
        "verifies only. Its tokens are accepted until 2026-03-02 11:02 UTC. Sessions and links "
    )
    lines, _ = said(key(begins=-9 * DAY), SECRET_KEY_FALLBACKS=["f" * 50])
    needed = "Sessions and links need it for timedelta(days=7) after SECRET_KEY changed."
    assert lines["SECRET_KEY_FALLBACKS[0]"] == f"verifies no more. {needed}"


def test_the_key_of_simple_jwt_signs_where_it_is_set():
    lines, _ = said(SIMPLE_JWT={"SIGNING_KEY": "s" * 64})
    assert lines == {"SIMPLE_JWT['SIGNING_KEY']": "signs, without an end."}


def test_from_secret_key_to_a_ring():
    assert said(key(begins=HOUR))[0] == {
        "['SIGNING_KEYS'][0]": "is published, and signs from 2026-03-01 13:01 UTC.",
        "SECRET_KEY": (
            "signs until 2026-03-01 13:01 UTC. Its tokens are accepted until 2026-03-02 13:02 UTC."
        ),
    }
    assert said(key(begins=-HOUR))[0] == {
        "['SIGNING_KEYS'][0]": "signs since 2026-03-01 11:01 UTC, without an end.",
        "SECRET_KEY": "verifies only. Its tokens are accepted until 2026-03-02 11:02 UTC.",
    }
    assert said(key(begins=-2 * DAY))[0]["SECRET_KEY"] == "verifies no more."
    assert said(key())[0] == {
        "['SIGNING_KEYS'][0]": "signs, without an end.",
        "SECRET_KEY": "verifies no more.",
    }


def test_from_the_key_of_simple_jwt_to_a_ring():
    simple_jwt = {"SIMPLE_JWT": {"SIGNING_KEY": "s" * 64}}
    place = "SIMPLE_JWT['SIGNING_KEY']"
    assert said(key(begins=HOUR), **simple_jwt)[0][place] == (
        "signs until 2026-03-01 13:01 UTC. Keep it until 2026-03-02 13:02 UTC, when its tokens "
        "have expired."
    )
    assert said(key(begins=-HOUR), **simple_jwt)[0][place] == (
        "verifies only. Keep it until 2026-03-02 11:02 UTC, when its tokens have expired."
    )
    assert said(key(begins=-2 * DAY), **simple_jwt)[0][place] == (
        "verifies only, and its tokens have expired. Remove it."
    )


def test_from_one_key_of_the_ring_to_the_next():
    old, new = "['SIGNING_KEYS'][1]", "['SIGNING_KEYS'][0]"
    lines, warnings = said(key(1, begins=HOUR), key(begins=-9 * DAY, ends=2 * DAY))
    assert lines[new] == "is published, and signs from 2026-03-01 13:01 UTC."
    assert lines[old] == (
        "signs since 2026-02-20 12:01 UTC until 2026-03-01 13:01 UTC. Keep it until "
        "2026-03-02 13:02 UTC, when its tokens have expired."
    )
    assert warnings == []
    lines, _ = said(key(1, begins=-HOUR), key(begins=-9 * DAY))
    assert lines[new] == "signs since 2026-03-01 11:01 UTC, without an end."
    assert lines[old] == (
        "verifies only. Keep it until 2026-03-02 11:02 UTC, when its tokens have expired."
    )
    lines, _ = said(key(1, begins=-2 * DAY), key(begins=-9 * DAY))
    assert lines[old] == "verifies only, and its tokens have expired. Remove it."
    lines, _ = said(key(1, begins=-2 * DAY), key(begins=-9 * DAY, ends=-HOUR))
    assert lines[old] == "verifies no more. Remove it."


def test_a_public_key_is_kept_until_its_tokens_have_expired():
    retired = {"algorithm": "EdDSA", "public_key": pair("EdDSA", 1)[1]}
    assert said(key(begins=-HOUR), retired)[0]["['SIGNING_KEYS'][1]"] == (
        "verifies only. Keep it until 2026-03-02 11:02 UTC, when its tokens have expired."
    )
    assert said(key(begins=-2 * DAY), retired)[0]["['SIGNING_KEYS'][1]"] == (
        "verifies only, and its tokens have expired. Remove it."
    )
    foreign = retired | {"not_before": NOW}
    assert said(key(), foreign)[0]["['SIGNING_KEYS'][1]"] == "verifies only, without an end."


def test_a_secret_is_not_published():
    secret = {"algorithm": "HS256", "private_key": "s" * 43, "not_before": NOW + HOUR}
    assert said(secret)[0]["['SIGNING_KEYS'][0]"] == (
        "is known, and signs from 2026-03-01 13:01 UTC."
    )


def test_what_will_go_wrong_is_said_to_standard_error():
    lines, warnings = said(key(1, begins=HOUR, ends=9 * DAY), key(ends=2 * HOUR))
    assert lines["['SIGNING_KEYS'][0]"] == (
        "is published, and signs from 2026-03-01 13:01 UTC until 2026-03-10 12:01 UTC."
    )
    assert lines["['SIGNING_KEYS'][1]"] == (
        "signs until 2026-03-01 13:01 UTC. It expires at 2026-03-01 14:01 UTC."
    )
    assert [line.partition(",")[0] for line in warnings] == [
        "No key signs from 2026-03-10 12:01 UTC on. Add one before: authkit_make_signing_key",
        "No key signs from 2026-03-10 12:01 UTC on: log-in and refresh will answer 503",
        "AUTHKIT['SIGNING_KEYS'][1] expires at 2026-03-01 14:01 UTC",
    ]
    assert "Write 'expires_at': datetime(2026, 3, 2, 13, 2, tzinfo=UTC)" in warnings[2]


def test_an_end_without_a_successor_is_said_long_before():
    lines, [silence] = said(key(begins=-HOUR, ends=365 * DAY))
    assert lines["['SIGNING_KEYS'][0]"] == (
        "signs since 2026-03-01 11:01 UTC until 2027-03-01 12:01 UTC. It expires at "
        "2027-03-01 12:01 UTC."
    )
    assert silence.startswith("No key signs from 2027-03-01 12:01 UTC on.")


def test_that_no_key_signs_is_said_to_standard_error():
    lines, [warning] = said(key(begins=-DAY, ends=-HOUR))
    assert lines["['SIGNING_KEYS'][0]"] == "verifies no more. Remove it."
    assert warning.startswith("No key of AUTHKIT['SIGNING_KEYS'] signs now")


def test_a_silenced_warning_is_not_said():
    with override_settings(SILENCED_SYSTEM_CHECKS=["authkit.W018"]):
        [_, silence] = said(key(ends=HOUR))
        assert len(silence) == 1  # the line of the report, which is no warning


def test_wrong_settings_do_not_stop_the_encryption():
    with override_settings(AUTHKIT={"SIGNING_KEYS": [{}, {"algorithm": "EdDSA"}]}):
        out, err = rotate()
    assert [line.partition(" ")[0] for line in out] == ["0"]
    assert err[0] == "The keys that sign cannot be read: manage.py check says why."
    assert err[1].startswith("AUTHKIT['SIGNING_KEYS'][0] has the algorithm None. Write one of ")
    assert err[2].startswith("AUTHKIT['SIGNING_KEYS'][1] has no key. Write ")


@override_settings(USE_TZ=False, TIME_ZONE="Asia/Kathmandu")
def test_times_are_those_of_utc_whatever_the_zone_of_the_project():
    assert said(key(begins=HOUR))[0]["['SIGNING_KEYS'][0]"] == (
        "is published, and signs from 2026-03-01 13:01 UTC."
    )
