"""What the reference lists is what there is, neither more nor less."""

import re
from ast import literal_eval
from pkgutil import resolve_name
from types import SimpleNamespace

import pytest
from authkit import cookie_urls, errors, health, permissions, signals, throttling, urls, well_known
from authkit.conf import Settings
from authkit.core.event_kinds import KINDS
from authkit.core.http.client import client_of
from authkit.core.mail.samples import SAMPLES
from authkit.factors.totp import rfc6238 as totp
from authkit.sessions import tokens
from authkit.sessions.access.authentication import EnrolmentAuthentication
from authkit.signing.simple_jwt import DEFAULTS, UNUSED
from django.apps import apps
from django.core.management import get_commands
from django.dispatch import Signal
from drf_spectacular.generators import SchemaGenerator

from tests.docs import settings_page
from tests.docs.event_table import event_table
from tests.docs.pages import PAGES, ROOT

#: What a function answers as a view: those of well-known URIs are only read.
READ_ONLY = SimpleNamespace(get=True)

REFERENCE = ROOT / "docs" / "reference"
PACKAGE = ROOT / "django_authkit" / "authkit"
TEXTS = {page: page.read_text(encoding="utf-8") for page in [*PAGES, ROOT / "CONTRIBUTING.md"]}


def reference(name):
    return TEXTS[REFERENCE / name]


def section(text, heading):
    """Return what stands between a heading and the next one of its level."""
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_column(text):
    return set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


def test_the_page_of_the_settings_says_what_their_declarations_say():
    text = reference("settings.md")
    assert settings_page.page(text) == text, "run python -m tests.docs.settings_page"
    assert re.findall(r"^### `(\w+)`$", text, re.MULTILINE) == [*Settings.declared()]


def test_every_key_of_simple_jwt_that_is_read_is_documented_as_read():
    text = reference("settings.md")
    assert first_column(section(text, "SIMPLE_JWT: keys that keep their meaning")) == set(DEFAULTS)
    ignored = first_column(section(text, "SIMPLE_JWT: keys that mean nothing here"))
    assert ignored == set(UNUSED)


def test_every_check_is_documented():
    pages = sorted(path.read_text() for path in (REFERENCE / "checks").glob("[EW]*.md"))
    documented = [page.splitlines()[0].removeprefix("# ") for page in pages]
    sources = [path.read_text() for path in PACKAGE.rglob("*.py")]
    ids = {found for source in sources for found in re.findall(r'"(authkit\.[EW]\d+)"', source)}
    assert documented == sorted(ids, key=lambda check: (check[8] == "W", check))


INCLUDES = [urls, cookie_urls, well_known, health]
ROUTES = [route for include in INCLUDES for route in include.urlpatterns]


def test_every_endpoint_is_documented():
    documented = set(
        re.findall(r"^## `([A-Z]+) ([\w/{}.-]+)`$", reference("endpoints.md"), re.MULTILINE)
    )
    assert documented == set(endpoints())


def endpoints():
    for pattern in ROUTES:
        path = re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(getattr(pattern.callback, "view_class", READ_ONLY), method):
                yield method.upper(), path


def test_every_name_of_a_url_is_documented():
    text = reference("endpoints.md").replace("\n", " ")
    assert set(re.findall(r"Name: `([\w-]+)`", text)) == {pattern.name for pattern in ROUTES}


def test_every_code_of_a_refusal_is_documented_with_its_status():
    documented = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", reference("endpoints.md"), re.M))
    bases = {errors.AuthkitError, errors.CredentialsRefused, errors.RateLimitExceeded}
    raised = {error for base in bases for error in base.__subclasses__()} - bases
    for error in raised | {errors.TokenReused}:
        assert documented[error.default_code] == str(error.status_code)


def test_every_code_that_the_document_names_is_one_that_there_is(settings):
    settings.AUTHKIT = {
        "REGISTRATION": True,
        "EMAIL_VERIFICATION_URL": "https://app.example/#{token}",
    }
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    answers = [answer for operation in operations for answer in operation["responses"].values()]
    named = {
        code
        for answer in answers
        for code in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", answer["description"])
    }
    assert "link_invalid" in named
    assert named <= first_column(reference("endpoints.md"))


def test_every_signal_is_documented():
    names = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    assert first_column(section(reference("signals.md"), "Signals")) == names


def test_every_event_of_the_log_is_documented_as_it_is_declared():
    assert event_table() in section(reference("signals.md"), "The log")


def test_every_event_that_is_recorded_is_of_a_kind_and_there_are_no_others():
    sources = [path.read_text() for path in PACKAGE.rglob("*.py")]
    calls = r'\b(?:(?:record|note|_event|record_refusal|note_counted)\(\s*|failed=)"(\w+)"'
    events = {event for source in sources for event in re.findall(calls, source)}
    # Recorded by their codes, where the attempts of an account are counted.
    events |= {error.default_code for error in (errors.AttemptsExceeded, errors.AccountLocked)}
    assert events == set(KINDS)


def test_every_mail_is_documented():
    templates = (PACKAGE / "templates" / "authkit" / "mail").glob("*.subject.txt")
    mails = {template.name.removesuffix(".subject.txt") for template in templates}
    assert first_column(section(reference("signals.md"), "Mails")) == mails - {"base"}


def test_the_mails_that_know_no_user_name_are_named():
    without = [name for name, context in SAMPLES.items() if "username" not in context]
    text = " ".join(section(reference("signals.md"), "Mails").split())
    assert f"but for `{'` and `'.join(without)}`, since there is no account yet" in text


def test_every_permission_is_documented():
    documented = re.findall(
        r"^## `authkit\.permissions\.(\w+)`$", reference("authenticators.md"), re.M
    )
    assert sorted([*documented, "arequire"]) == sorted(permissions.__all__)


def test_every_tier_is_documented():
    page = TEXTS[ROOT / "docs" / "how-to" / "limit-rates.md"]
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.M)) == set(throttling.__all__) - {
        "RateThrottle"
    }


def test_every_command_is_documented():
    ours = {name for name, app in get_commands().items() if app == "authkit"}
    documented = re.findall(r"^## `(\w+)`$", reference("commands.md"), re.MULTILINE)
    assert sorted(documented) == sorted(ours)


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_names_exists(page):
    known = {*get_commands(), "demo", "selftest", "createsuperuser", "changepassword"}
    assert set(re.findall(r"manage\.py (\w+)", TEXTS[page])) <= known


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_dotted_path_that_a_page_names_leads_somewhere(page):
    sources = [path.read_text() for path in PACKAGE.rglob("*.py")]
    loggers = {name for text in sources for name in re.findall(r'getLogger\("(.+?)"\)', text)}
    of_the_admin = r"authkit\.(add|change|delete|view)_|authkit\.APIKey$"
    for path in set(re.findall(r'["`](authkit(?:\.[a-zA-Z_]+)+)["`(]', TEXTS[page])) - loggers:
        assert re.match(of_the_admin, path) or resolve_name(path)


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_make_target_that_a_page_names_exists(page):
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"(?:`|\$ )make ([a-z-]+)", TEXTS[page])) <= set(targets)


def test_the_claims_are_documented(make_user, client):
    pair = client.pair(make_user())
    for kind in ("access", "refresh"):
        claims = tokens.read(pair[kind], kind).payload
        rows = re.findall(
            r"^\| (`.*`) \| (access|refresh|both) \|", reference("authenticators.md"), re.M
        )
        documented = {
            claim
            for names, where in rows
            if where in (kind, "both")
            for claim in re.findall(r"`(\w+)`", names)
        }
        assert documented - {"iss", "aud"} == set(claims)


def test_every_column_is_documented():
    for model in apps.get_app_config("authkit").get_models():
        text = section(reference("database.md"), f"`{model._meta.db_table}`")
        for field in model._meta.fields:
            assert f"`{field.column}`" in text


def test_the_table_of_addresses_behind_a_proxy_is_what_happens(rf, settings):
    page = TEXTS[ROOT / "docs" / "how-to" / "behind-a-proxy.md"]
    rows = re.findall(r"^\| `(.+)` \| (.+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert len(rows) == 8  # the head is one
    for proxies, peer, forwarded, client in rows[1:]:
        settings.AUTHKIT = {"TRUSTED_PROXIES": literal_eval(proxies)}
        request = rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
        assert client_of(request).ip == client


def test_the_odds_of_guessing_a_code_are_computed_right():
    page = TEXTS[ROOT / "docs" / "explanation" / "second-factor.md"]
    rows = re.findall(r"^\| ([\d,]+).*\| .*1 in ([\d,]+) \|$", page, re.MULTILINE)
    guesses, one_in = zip(*[[int(n.replace(",", "")) for n in row] for row in rows], strict=True)
    assert guesses == (10, 100, 96 * 10, 30 * 96 * 10)
    right = (totp.STEPS_BACK + 1 + totp.STEPS_AHEAD) / 10**6
    assert list(one_in) == [round(1 / (1 - (1 - right) ** n)) for n in guesses]


def test_the_guide_says_what_is_open_to_those_who_owe_a_factor():
    page = TEXTS[ROOT / "docs/how-to/require-a-second-factor.md"]
    [sentence] = re.findall(r"What is open\sare (.*?):\n", page, re.DOTALL)
    takes_its_token = {
        str(route.pattern)
        for route in urls.urlpatterns
        if EnrolmentAuthentication in route.callback.view_class.authentication_classes
    }
    wants_no_access_token = {"token/refresh/", "token/revoke/"}
    assert set(re.findall(r"`(\S+)`", sentence)) == takes_its_token | wants_no_access_token
