"""One line for each kind and second of an outage, with the number of those like it."""

import logging
import time

import pytest
from authkit.core import counted_log
from authkit.core.counted_log import CAUSE_LENGTH, log_counted, write_counts

from tests.sessions.crowd import Crowd

LOGGER = logging.getLogger("authkit.test")
SENTENCE = "The database failed."


@pytest.fixture
def moment(monkeypatch):
    """The clock of the process, which stands still; a function that moves it."""
    now = [1000.0]
    monkeypatch.setattr(counted_log.time, "monotonic", lambda: now[0])

    def shift(seconds):
        now[0] += seconds

    return shift


def fail(cause=None, sentence=SENTENCE, level=logging.ERROR):
    log_counted(LOGGER, level, sentence, cause)


def test_the_first_is_written_and_the_next_line_has_the_number_of_the_others(moment, caplog):
    for _ in range(241):
        fail(OSError("gone"))
    assert caplog.messages == [f"{SENTENCE} OSError: gone"]
    moment(1)
    fail(OSError("still gone"))
    assert caplog.messages[1:] == [f"{SENTENCE} OSError: still gone … and 240 more like it"]
    moment(1)
    fail()
    assert caplog.messages[2:] == [SENTENCE]


def test_each_kind_and_level_has_its_own_line(moment, caplog):
    fail()
    fail(sentence="The cache failed.")
    fail(level=logging.WARNING)
    fail()
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR", "WARNING"]


def test_a_line_has_no_traceback_and_one_line_of_the_cause(moment, caplog):
    try:
        raise OSError("\n the server is gone\nIs it running?" + "x" * 1000)
    except OSError as error:
        fail(error)
    [record] = caplog.records
    assert record.getMessage() == f"{SENTENCE} OSError: the server is gone"
    assert record.exc_info is None
    moment(1)
    fail(ValueError("x" * 5000))
    assert len(caplog.messages[1]) < CAUSE_LENGTH + 100
    moment(1)
    fail(KeyError())
    assert caplog.messages[2] == f"{SENTENCE} KeyError"


def test_after_an_outage_the_end_of_a_request_writes_what_was_counted(moment, caplog):
    for _ in range(3):
        fail()
    write_counts()
    assert caplog.messages == [SENTENCE]  # the second is not over
    moment(1)
    write_counts()
    write_counts()
    assert caplog.messages == [SENTENCE, f"{SENTENCE} … and 2 more like it"]
    assert counted_log._counts == {}


def test_the_end_of_a_request_is_heard_of(moment, caplog, client):
    fail()
    fail()
    moment(1)
    client.get("/nowhere")
    assert f"{SENTENCE} … and 1 more like it" in caplog.messages


def test_what_is_not_logged_is_not_counted(moment, caplog):
    caplog.set_level(logging.CRITICAL, logger="authkit.test")
    fail()
    assert counted_log._counts == {}


def test_threads_write_one_line_and_lose_none(moment, caplog):
    with Crowd(32) as crowd:
        crowd.at_once([lambda: [fail() for _ in range(100)]] * 32)
    assert caplog.messages == [SENTENCE]
    moment(1)
    fail()
    assert caplog.messages[1:] == [f"{SENTENCE} … and 3199 more like it"]


def test_threads_that_write_what_was_counted_write_it_once(moment, caplog):
    for _ in range(11):
        fail()
    moment(1)
    with Crowd(16) as crowd:
        crowd.at_once([write_counts] * 16)
    assert caplog.messages == [SENTENCE, f"{SENTENCE} … and 10 more like it"]


def test_its_clock_is_that_of_the_process(clock, caplog):
    """A clock that is set back or forth closes no log, and opens none."""
    before = time.monotonic()
    fail()
    clock.shift(-3600)
    fail()
    assert len(caplog.messages) == (1 if time.monotonic() - before < 1 else 2)
