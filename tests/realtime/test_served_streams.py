"""The streams of the documentation, run by a real server until their client logs out."""

import re
import threading
from contextlib import contextmanager

import httpx
import pytest
from authkit.connections import registry
from django_eventstream import send_event
from django_eventstream.views import get_listener_manager

from tests.docs.pages import ROOT
from tests.realtime.test_endings import _wait_for as wait_for

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = (ROOT / "docs" / "how-to" / "streams.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FIRST = next(code for code in BLOCKS if "async def news()" in code)
WITH_EVENTSTREAM = next(code for code in BLOCKS if "django_eventstream" in code)

OF_A_STREAM = {"Accept": "text/event-stream"}


@pytest.fixture
def serve(settings):
    """A function that lets the server answer by the routes of such blocks."""

    def routed(*blocks):
        namespace = {"__name__": "page"}
        for code in blocks:
            exec(code, namespace)
        settings.ROOT_URLCONF = tuple(namespace["urlpatterns"])

    return routed


@pytest.fixture
def opened(server):
    """A function that opens a stream and yields its lines."""

    @contextmanager
    def streaming(query="", **headers):
        url = f"http://127.0.0.1:{server}/stream/{query}"
        with httpx.stream("GET", url, headers={**OF_A_STREAM, **headers}, timeout=20) as answer:
            answer.lines = answer.iter_lines()
            yield answer

    return streaming


@pytest.fixture(autouse=True)
def _nothing_is_left_open():
    yield
    wait_for(lambda: not registry.every())
    wait_for(lambda: not get_listener_manager().listeners_by_channel)


def until(answer, line):
    """Read until the stream says this."""
    for found in answer.lines:
        if found == line:
            return
    pytest.fail(f"The stream ends without {line!r}")


@contextmanager
def sending(data):
    """Send an event again and again: the package drops those that come while a stream opens."""
    enough = threading.Event()

    def send():
        while not enough.wait(0.05):
            send_event("news", "message", data)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        enough.set()
        sender.join()


def has_ended(answer):
    """Read to the end, and say whether it came before the next sign of life, after 20 seconds."""
    return "event: keep-alive" not in list(answer.lines)


def by_ticket(get_ticket):
    return {"query": f"?ticket={get_ticket(path='/stream/')}"}


def by_token(access):
    return {"Authorization": f"Bearer {access}"}


def test_the_stream_of_the_page_ends_with_a_log_out(serve, opened, client, pair, get_ticket):
    serve(FIRST)
    with opened(**by_ticket(get_ticket)) as answer:
        assert answer.status_code == 200
        until(answer, ": still here")
        client.revoke(pair["refresh"])
        assert not any(answer.lines)  # the next comment is 15 seconds away


@pytest.mark.parametrize("with_ticket", [True, False])
def test_so_does_one_of_django_eventstream(
    serve, opened, client, pair, get_ticket, with_ticket, security_log
):
    serve(FIRST, WITH_EVENTSTREAM)
    credential = by_ticket(get_ticket) if with_ticket else by_token(pair["access"])
    with opened(**credential) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        with sending({"title": "Emma is back"}):
            until(answer, 'data: {"title": "Emma is back"}')
        client.revoke(pair["refresh"])
        assert has_ended(answer)
    wait_for(lambda: security_log("connection_ended"))
    assert security_log("connection_ended")[0][1]["reason"] == "session_ended"


def test_other_readers_go_on(serve, opened, client, pair, user):
    serve(FIRST, WITH_EVENTSTREAM)
    other = client.pair(user)
    with opened(**by_token(pair["access"])) as one, opened(**by_token(other["access"])) as rest:
        until(one, "event: stream-open")
        until(rest, "event: stream-open")
        client.revoke(pair["refresh"])
        assert has_ended(one)
        with sending("still read"):
            until(rest, 'data: "still read"')


def test_a_ticket_opens_one_stream(serve, opened, get_ticket):
    serve(FIRST, WITH_EVENTSTREAM)
    credential = by_ticket(get_ticket)
    with opened(**credential) as first, opened(**credential) as second:
        assert (first.status_code, second.status_code) == (200, 401)


def test_its_refusals_are_passed_on(serve, opened, access):
    serve(FIRST, WITH_EVENTSTREAM)
    with opened(query="?lastEventId=junk", **by_token(access)) as answer:
        assert answer.status_code == 200
        assert "event: stream-error" in list(answer.lines)


class OwnChannels:
    """A channel manager as projects write one, which asks the database."""

    asked = []

    def get_channels_for_request(self, request, view_kwargs):
        return set(view_kwargs["channels"])

    def can_read_channel(self, user, channel):
        type(user).objects.get(pk=user.pk)
        self.asked.append((user, channel))
        return False

    def is_channel_reliable(self, channel):
        return False


def test_the_channel_manager_is_asked_about_the_user_of_the_credential(
    serve, opened, settings, user, client, make_user, get_ticket
):
    serve(FIRST, WITH_EVENTSTREAM)
    settings.EVENTSTREAM_CHANNELMANAGER_CLASS = f"{__name__}.OwnChannels"
    client.force_login(make_user())
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    with opened(**by_ticket(get_ticket), **cookie) as answer:
        assert "event: stream-error" in list(answer.lines)
    assert OwnChannels.asked == [(user, "news")]
