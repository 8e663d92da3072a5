"""``manage.py authkit_set_up_totp``: an app for the first superuser, at the terminal."""

import io
import re

import pytest
from authkit.factors.totp.qr import AS_BEFORE, BLACK_ON_WHITE, HALVES, terminal_picture
from authkit.models import SecurityEvent, Session, TOTPDevice
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.test import override_settings

from tests.factors.phone import Phone
from tests.factors.test_factor_bypass import MIDDLEWARE, admin_log_in, is_in
from tests.factors.totp.test_qr import decode

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.factors.urls")]

RECOVERY_CODE = re.compile(r"^  ([0-9a-z-]{19})$", re.MULTILINE)


class Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


class Keyboard:
    """Types what each function makes of the app, which has scanned the screen; then Ctrl-D."""

    def __init__(self, screen, clock, *answers):
        self.screen, self.clock = screen, clock
        self.answers = iter(answers)

    def isatty(self):
        return True

    def readline(self):
        answer = next(self.answers, None)
        return "" if answer is None else answer(phone_of(self.screen, self.clock)) + "\n"


def phone_of(screen, clock):
    return Phone(re.search(r"secret=([A-Z2-7]+)", screen.getvalue())[1], clock)


def right(phone):
    return phone.code()


def wrong(phone):
    return phone.wrong_code()


def interrupt(phone):
    raise KeyboardInterrupt


@pytest.fixture
def boss(make_user):
    return make_user("boss", is_staff=True, is_superuser=True)


@pytest.fixture
def run(clock):
    """A function that runs the command, and returns what the screen shows."""

    def run(username, *answers, screen=None, keyboard=None):
        screen = screen or Screen()
        keyboard = keyboard or Keyboard(screen, clock, *answers)
        call_command("authkit_set_up_totp", username, stdout=screen, stderr=screen, stdin=keyboard)
        return screen.getvalue()

    return run


def test_the_first_superuser_can_log_in_to_the_admin_afterwards(boss, run, clock):
    screen = Screen()
    printed = run(boss.get_username(), right, screen=screen)
    assert f"The second factor of {boss.get_username()} is on." in printed
    codes = RECOVERY_CODE.findall(printed)
    assert len(set(codes)) == 10
    with override_settings(MIDDLEWARE=MIDDLEWARE, AUTHKIT={"SECOND_FACTOR_REQUIRED": "staff"}):
        for code in (phone_of(screen, clock).fresh_code(), codes[0]):
            browser = Browser()
            assert admin_log_in(browser, boss).status_code == 200
            assert admin_log_in(browser, boss, code=code).status_code == 302
            assert is_in(browser)


def test_it_is_recorded_and_the_sessions_end(boss, run, client):
    client.pair(boss)
    run(boss.get_username(), right)
    assert SecurityEvent.objects.get(kind="second_factor_enabled").user == boss
    assert not Session.objects.live().exists()


@pytest.mark.django_db(transaction=True)
def test_the_owner_is_told_by_mail(reachable_user, run, told):
    run(reachable_user.get_username(), right)
    assert told() in (None, ["Two-factor authentication is on"])


def test_after_a_wrong_code_it_asks_again(boss, run):
    printed = run(boss.get_username(), wrong, wrong, right)
    assert printed.count("The code is not valid.") == 2
    assert len(RECOVERY_CODE.findall(printed)) == 10


def assert_off(run, boss, *answers, says, **streams):
    with pytest.raises(CommandError, match=says):
        run(boss.get_username(), *answers, **streams)
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_after_three_wrong_codes_it_ends(boss, run):
    assert_off(run, boss, wrong, wrong, wrong, right, says="Run the command again")


@pytest.mark.parametrize("leave", [(), (interrupt,), (wrong, interrupt)])
def test_ctrl_c_and_ctrl_d_leave_the_factor_off(boss, run, leave):
    assert_off(run, boss, *leave, says="^Cancelled: the second factor is not on")


def test_wrong_codes_count_with_those_of_every_other_door(boss, run, comparisons):
    for _ in range(4):
        with pytest.raises(CommandError):
            run(boss.get_username(), wrong, wrong, wrong)
    assert comparisons.count == 10
    assert_off(run, boss, right, says="^Too many failed attempts")


def test_an_unknown_name_is_said(run):
    with pytest.raises(CommandError, match='There is no user "nobody"'):
        run("nobody", right)


def test_a_factor_that_is_on_stays(boss, enrol, run):
    device = enrol(boss).device
    with pytest.raises(CommandError, match="has a second factor already"):
        run(boss.get_username(), right)
    assert TOTPDevice.objects.get() == device


def test_without_a_terminal_nothing_is_shown(boss, run, clock):
    """A secret does not end in a file or in the log of a job."""
    for streams in (
        {"screen": io.StringIO()},
        {"screen": io.StringIO(), "keyboard": io.StringIO()},
        {"screen": (screen := Screen()), "keyboard": io.StringIO()},
    ):
        assert_off(run, boss, right, says="^Run it in a terminal", **streams)
        assert streams["screen"].getvalue() == ""
    assert not TOTPDevice.objects.exists()
    assert screen.getvalue() == ""


def test_the_picture_has_the_url(boss, run):
    printed = run(boss.get_username(), right)
    [url] = re.findall(r"^  (otpauth://\S+)$", printed, re.MULTILINE)
    assert terminal_picture(url) in printed


@pytest.mark.parametrize("length", [10, 20, 60, 120, 200])
def test_a_decoder_reads_the_picture(length):
    text = "otpauth://" + "x" * length
    lines = terminal_picture(text).split("\n")
    assert all(line.startswith(BLACK_ON_WHITE) and line.endswith(AS_BEFORE) for line in lines)
    halves = {character: pair for pair, character in HALVES.items()}
    pairs = [[halves[c] for c in line[len(BLACK_ON_WHITE) : -len(AS_BEFORE)]] for line in lines]
    rows = [[pair[half] for pair in line] for line in pairs for half in (0, 1)]
    quiet = 4
    side = len(rows[0]) - 2 * quiet
    assert not any(map(any, [*rows[:quiet], *rows[quiet + side :]]))
    assert decode([row[quiet : quiet + side] for row in rows[quiet : quiet + side]]) == text


def test_a_terminal_that_has_no_blocks_gets_the_url_alone(boss, run):
    screen = Screen()
    screen.encoding = "ascii"
    printed = run(boss.get_username(), right, screen=screen)
    assert printed.isascii()
    assert "otpauth://" in printed
