"""The numbers that the pages claim are those of the code."""

import math
import re
import tomllib
from datetime import timedelta

import pytest
from authkit import password_validation, permissions, signals
from authkit.accounts import email_verification, registration
from authkit.accounts.confirmed import email_change
from authkit.accounts.events import EventPagination
from authkit.api_keys import flows as api_keys
from authkit.api_keys import keys
from authkit.api_keys.using.usage import LAST_USED_PRECISION
from authkit.api_keys.validation import MAX_NETWORKS
from authkit.checks.settings import check_settings
from authkit.checks.signing_keys import NOTICE
from authkit.conf import Settings
from authkit.core import crypto
from authkit.core import event_kinds as kinds
from authkit.core.cache import CACHE_PAUSE, CACHE_TIMEOUT
from authkit.core.db import retry
from authkit.core.http import client
from authkit.core.http.body import parsers
from authkit.core.http.body.fields import PasswordField
from authkit.core.identity import one_time_links
from authkit.core.mail import mailer
from authkit.factors.models import CODE_LIMITS
from authkit.factors.recovery_codes import codes as recovery
from authkit.factors.recovery_codes.factor import FEW_RECOVERY_CODES
from authkit.factors.totp import rfc6238 as totp
from authkit.factors.totp.models import PENDING_LIFETIME as SET_UP_LIFETIME
from authkit.management import pruning
from authkit.management.commands import authkit_prune, authkit_rotate_keys
from authkit.models import APIKey
from authkit.passwords import reset
from authkit.passwords.checking.attempts import KNOWN_FOR, PASSWORD_LIMITS
from authkit.passwords.validators import SHORTEST_WORD
from authkit.schema.openapi import committed
from authkit.schema.probe import object_permissions
from authkit.schema.reporters import FORMATS
from authkit.schema.rules import RULES
from authkit.sessions import issue, tokens
from authkit.sessions.views import MAX_LISTED
from authkit.signing import jwks
from authkit.signing.generation import NEW_RSA_BITS
from authkit.signing.keys import RSA_KEY_BITS
from django.core.management import get_commands
from django.dispatch import Signal
from django.utils.translation import to_locale
from rest_framework_simplejwt.settings import DEFAULTS

from tests.docs.pages import ROOT

DOCS = ROOT / "docs"
PACKAGE = ROOT / "django_authkit" / "authkit"

WORDS = {
    "a": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "seven": 7,
    "eight": 8,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "nineteen": 19,
    "thirty": 30,
    "fifty": 50,
    "sixty": 60,
    "a hundred": 100,
    "a thousand": 1000,
    "a tenth": 0.1,
}
NUMBER = "|".join(sorted(WORDS, key=len, reverse=True))

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)


def read(page):
    path = DOCS / page if (DOCS / page).exists() else ROOT / page
    return " ".join(path.read_text(encoding="utf-8").split())


def number(text):
    return WORDS.get(text.lower()) or float(text.replace(",", ""))


def default(name):
    """Return what a setting is where the project sets nothing."""
    return getattr(Settings, name).default


def per_hour(rate):
    assert rate.period == HOUR
    return rate.number


def per_quarter(limits):
    assert limits.window == QUARTER
    return limits.per_window


def minutes(duration):
    return duration / timedelta(minutes=1)


def batch_size(module):
    """Return how many rows a command works on at a time."""
    return module.Command().create_parser("manage.py", "command").get_default("batch_size")


GRACE = default("REFRESH_GRACE_SECONDS")
FRESH = permissions.RecentlyAuthenticated.max_age / 60
LENGTHS = password_validation.MinimumLengthValidator()
RECOVERY_CODE_BITS = recovery.LENGTH * math.log2(len(recovery.ALPHABET))
KEY_BITS = int(keys.SECRET_LENGTH * math.log2(len(keys.ALPHABET)))

#: By page: sentences with ``#`` for each number, and the numbers of the code. Where a constant
#: has moved, change the imports above.
CLAIMS = {
    "CHANGELOG.md": [
        (
            "guesses: # in a window of # minutes from one network (429), # in a row",
            [per_quarter(PASSWORD_LIMITS), 15, PASSWORD_LIMITS.in_a_row],
        ),
        (
            "After # codes in a window of # minutes the answer is 429, after # wrong ones",
            [per_quarter(CODE_LIMITS), 15, CODE_LIMITS.in_a_row],
        ),
        (
            "(# characters, # beside a second factor)",
            [LENGTHS.min_length, LENGTHS.min_length_with_second_factor],
        ),
        ("It has # rules", [len(RULES)]),
        ("writes # formats", [len(FORMATS)]),
    ],
    "README.md": [
        ("comes back after # seconds ends the session", [GRACE]),
        ("completed a log-in within # days", [KNOWN_FOR.days]),
        ("can undo a change for # days", [email_change.UNDO_LIFETIME / DAY]),
    ],
    "explanation/second-factor.md": [
        (
            "# per window of # minutes, and # in a row",
            [per_quarter(CODE_LIMITS), 15, CODE_LIMITS.in_a_row],
        ),
        ("up to # attempts fall into # minutes", [2 * CODE_LIMITS.per_window - 1, 15]),
        ("Sessions can last # days", [default("SESSION_ABSOLUTE_LIFETIME").days]),
        ("expires after # minutes", [minutes(SET_UP_LIFETIME)]),
        ("a proof of the last # minutes", [FRESH]),
        ("time step` of # seconds", [totp.STEP_SECONDS]),
        ("has # random bits. There are # of them", [RECOVERY_CODE_BITS, recovery.CODES]),
        ("up to # times in all", [retry.TRIES]),
    ],
    "explanation/security.md": [
        (
            "In any # minutes at most # wrong passwords are checked for an account from one "
            "network, and # in a row",
            [15, per_quarter(PASSWORD_LIMITS), PASSWORD_LIMITS.in_a_row],
        ),
        ("completed a log-in within # days", [KNOWN_FOR.days]),
        ("controls the account for # days", [email_change.UNDO_LIFETIME / DAY]),
        ("oldest e-mail address of the last # days wins", [email_change.UNDO_LIFETIME / DAY]),
        ("at most # KiB", [parsers.MAX_BODY_BYTES / 1024]),
        ("Tokens longer than # characters", [tokens.MAX_TOKEN_LENGTH]),
        ("until # days after its own change", [email_change.UNDO_LIFETIME / DAY]),
        ("The owner has # days for the way back", [email_change.UNDO_LIFETIME / DAY]),
        ("a log-in within # minutes", [FRESH]),
        ("lists at most #;", [MAX_LISTED]),
        ("no account has are pruned after # days", [pruning.UNKNOWN_NAMES_KEPT.days]),
        ("still locked after # days has an account", [pruning.UNKNOWN_NAMES_KEPT.days]),
        ("up to # per hour of each kind", [kinds.MAX_KEPT]),
    ],
    "explanation/sessions.md": [
        ("# seconds by default, a caller", [GRACE]),
    ],
    "faq.md": [
        ("asked for again after more than # seconds", [GRACE]),
        (
            '`AUTHKIT["SESSION_ABSOLUTE_LIFETIME"]` (# days)',
            [default("SESSION_ABSOLUTE_LIFETIME").days],
        ),
        ("There were # wrong ones within # minutes", [per_quarter(PASSWORD_LIMITS), 15]),
        ("is off by more than # seconds", [totp.STEP_SECONDS]),
    ],
    "getting-started.md": [
        ("By default it is valid for # minutes", [minutes(DEFAULTS["ACCESS_TOKEN_LIFETIME"])]),
    ],
    "how-to/api-keys.md": [
        (
            "of # characters that finds the row, `_`, then # random characters and a checksum of #",
            [keys.PREFIX_LENGTH, keys.SECRET_LENGTH, keys.CHECKSUM_LENGTH],
        ),
    ],
    "how-to/ask-again.md": [
        ("a proof of the last # minutes", [FRESH]),
    ],
    "how-to/asymmetric-keys.md": [
        ("# days before no key signs", [NOTICE.days]),
        ("keep the public keys for up to # minutes", [jwks.MAX_AGE / 60]),
    ],
    "reference/checks/W018.md": [("The warning comes # days before", [NOTICE.days])],
    "reference/checks/E020.md": [("an RSA key of # bits or more", [RSA_KEY_BITS])],
    "how-to/change-a-password.md": [
        ("at most # characters", [PasswordField().max_length]),
    ],
    "how-to/from-simplejwt.md": [
        ("within # seconds the same pair", [GRACE]),
    ],
    "how-to/limit-rates.md": [
        ("waits for Redis for # of a second", [CACHE_TIMEOUT]),
        ("does not use it for # seconds", [CACHE_PAUSE]),
    ],
    "how-to/registration.md": [
        ("for # passwords per hour", [per_hour(email_verification.TRIES)]),
        ("gets # mails of each kind per hour", [per_hour(registration.MAILS)]),
        ("cause mails # times per hour", [per_hour(registration.PER_NETWORK)]),
        ("valid for # hours", [email_verification.LIFETIME / HOUR]),
        ("undoes the change within # days", [email_change.UNDO_LIFETIME / DAY]),
    ],
    "how-to/reset-a-password.md": [
        (
            "# requests for one e-mail address send mails, and per hour # requests from one",
            [reset.MAILS, per_hour(reset.PER_NETWORK)],
        ),
        ("the first # of them", [reset.MAX_ACCOUNTS]),
        (
            "works for # minutes (`PASSWORD_RESET_LIFETIME`)",
            [minutes(default("PASSWORD_RESET_LIFETIME"))],
        ),
    ],
    "how-to/sessions-from-a-client.md": [
        ("(# seconds by default)", [GRACE]),
    ],
    "how-to/two-tabs.md": [
        ("still answered for # seconds", [GRACE]),
    ],
    "how-to/unlock-an-account.md": [
        ("# in # minutes | 429", [per_quarter(PASSWORD_LIMITS), 15]),
        ("| # in a row | 423", [PASSWORD_LIMITS.in_a_row]),
        ("has completed a log-in within # days", [KNOWN_FOR.days]),
    ],
    "performance.md": [
        ("Beyond # events of one kind from one network in an hour", [kinds.MAX_KEPT]),
        ("among the last #", [tokens._verified_before.cache_parameters()["maxsize"]]),
    ],
    "reference/authenticators.md": [
        ("authenticated in the last # minutes", [FRESH]),
    ],
    "reference/checks/E003.md": [
        ("not # bytes of Base64", [crypto.KEY_BYTES]),
    ],
    "reference/commands.md": [
        ("# day after they ended", [pruning.MARGIN.days]),
        ("RS256 and its family (# bits)", [NEW_RSA_BITS]),
        ("`NAME` has at most # characters", [APIKey._meta.get_field("name").max_length]),
        ("Deletes rows that are over, # at a time", [batch_size(authkit_prune)]),
        ("outside of 1 to #", [authkit_prune.LARGEST_BATCH]),
        (
            'under the first key of the {term}`key ring` (`AUTHKIT["ENCRYPTION_KEYS"]`), # rows',
            [batch_size(authkit_rotate_keys)],
        ),
    ],
    "reference/database.md": [
        ("waits for more than # minutes", [minutes(SET_UP_LIFETIME)]),
        ("deletes a session # day after", [pruning.MARGIN.days]),
        ("written at most once # minute", [minutes(LAST_USED_PRECISION)]),
        ("SHA-256 of the code, which has # random bits", [RECOVERY_CODE_BITS]),
        ("SHA-512 of the key, which has # random bits", [KEY_BITS]),
        ("SHA-256 of the token, which has # random bits", [one_time_links.TOKEN_BYTES * 8]),
    ],
    "reference/endpoints.md": [
        (
            "# wrong passwords, or # codes, in a window of # minutes",
            [per_quarter(PASSWORD_LIMITS), per_quarter(CODE_LIMITS), 15],
        ),
        (
            "# requests for one e-mail address, and per hour # from one client network",
            [reset.MAILS, per_hour(reset.PER_NETWORK)],
        ),
        (
            "Per hour, # requests from one client network, to this endpoint",
            [per_hour(registration.PER_NETWORK)],
        ),
        ("429 after # passwords for one link per hour", [per_hour(email_verification.TRIES)]),
        ("One e-mail address gets # mails of each kind per hour", [per_hour(registration.MAILS)]),
        ("429, also after # requests per hour", [per_hour(email_change.REQUESTS)]),
        ("and all later changes, for # days", [email_change.UNDO_LIFETIME / DAY]),
        (
            "accepts # codes within # minutes",
            [issue.PENDING_TRIES, minutes(issue.PENDING_LIFETIME)],
        ),
        ("has to be started again: #", [SET_UP_LIFETIME.total_seconds()]),
        ("at most # days, the old key works", [api_keys.MAX_OVERLAP.days]),
        ("at most # KiB", [parsers.MAX_BODY_BYTES / 1024]),
        ("at most # characters of the header", [client.USER_AGENT_LENGTH]),
        ("one line of at most # characters", [APIKey._meta.get_field("name").max_length]),
        ("`allowed_networks` are at most #", [MAX_NETWORKS]),
        ("newest first, # on a page", [EventPagination.page_size]),
        ("# characters of Base32", [totp.SECRET_BYTES * 8 / 5]),
        (
            "at least # minute, and at most # minutes, since a deployment",
            [jwks.MIN_AGE / 60, jwks.MAX_AGE / 60],
        ),
        ("for development); 405. Cached for # minutes", [jwks.MAX_AGE / 60]),
    ],
    "reference/passwords.md": [
        ("has at most # characters", [PasswordField().max_length]),
        (
            "Requires # characters where the password is the only factor, and # where",
            [LENGTHS.min_length, LENGTHS.min_length_with_second_factor],
        ),
        ("must have # characters (`left`)", [password_validation.ContextWordsValidator().left]),
        ("Words of # letters and fewer", [SHORTEST_WORD - 1]),
    ],
    "reference/signals.md": [
        (
            "about # rows of each kind are stored per hour",
            [kinds.MAX_KEPT * (kinds.KEPT_PERIOD / HOUR)],
        ),
        ("used and # or fewer are left", [FEW_RECOVERY_CODES]),
        ("else one of # threads", [mailer.SENDERS]),
        ("Up to # mails wait for a thread", [mailer.MOST_WAITING]),
    ],
    "schema/audit.md": [
        ("has at most # MB", [committed.MAX_BYTES / 1024**2]),
    ],
    "schema/decisions.md": [
        ("the same about # rows of the view's queryset", [object_permissions.ROWS]),
    ],
}


@pytest.mark.parametrize(
    ("page", "sentence", "expected"),
    [(page, *claim) for page, claims in CLAIMS.items() for claim in claims],
    ids=lambda value: None if isinstance(value, list) else value,
)
def test_the_numbers_that_a_page_claims_are_those_of_the_code(page, sentence, expected):
    pattern = re.escape(sentence).replace(r"\#", rf"({NUMBER}|[\d,]+)")
    found = re.findall(rf"(?<!\w){pattern}(?!\w)", read(page), re.IGNORECASE)
    assert found, "the page does not say this any more"
    for groups in found:
        groups = groups if isinstance(groups, tuple) else (groups,)
        assert [number(group) for group in groups] == expected


def test_the_grace_may_be_as_long_as_the_guide_says(settings):
    [(least, most)] = re.findall(r"takes (\d+) to (\d+)\.", read("how-to/two-tabs.md"))
    for seconds, messages in [(least, 0), (most, 0), (int(least) - 1, 1), (int(most) + 1, 1)]:
        settings.AUTHKIT = {"REFRESH_GRACE_SECONDS": int(seconds)}
        assert len(check_settings()) == messages


def test_the_languages_that_the_pages_name_are_those_that_there_are():
    rows = re.findall(r"\| `([\w-]+)` \| ([\w ]+?) \|", read("how-to/translate.md"))
    catalogues = {path.name for path in (PACKAGE / "locale").iterdir() if path.is_dir()}
    assert {to_locale(code) for code, _ in rows} == catalogues | {"en"}
    readme = read("README.md")
    assert all(name in readme for _, name in rows)


def test_the_changelog_names_what_a_project_can_use():
    text = read("CHANGELOG.md")
    names = {name for name in vars(Settings) if name.isupper()}
    names |= {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    names |= {name for name, app in get_commands().items() if app == "authkit"}
    assert {name for name in names if name not in text} == set()


def test_the_changelog_names_every_check():
    text = read("CHANGELOG.md")
    named = set(re.findall(r"authkit\.([EW]\d{3})", text))
    ranges = re.findall(r"`authkit\.([EW])(\d{3})` to `authkit\.\1(\d{3})`", text)
    for letter, first, last in ranges:
        named |= {f"{letter}{id_:03}" for id_ in range(int(first), int(last) + 1)}
    assert named == {path.stem for path in (DOCS / "reference" / "checks").glob("[EW]*.md")}


def test_the_versions_that_the_readme_claims_are_those_of_the_package():
    text = read("README.md")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"Python {project['requires-python'].removeprefix('>=')} to " in text
    required = dict(line.split(">=") for line in project["dependencies"])
    assert f"Django {required['django']}" in text
    assert f"Django REST Framework {required['djangorestframework']} or newer" in text
