"""Streams that end with their credential: under ASGI at once, under WSGI before the next chunk."""

import asyncio
import threading

import pytest
from authkit.authentication import JWTAuthentication, TicketAuthentication, resolve
from authkit.connections import registry
from authkit.realtime import end_with_credential
from django.db import connections
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from tests.realtime.test_endings import _wait_for as wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class EventStream(BaseRenderer):
    media_type = "text/event-stream"
    format = "stream"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return str(data).encode()


def response_of(source):
    return StreamingHttpResponse(source, content_type="text/event-stream")


class Ticks(APIView):
    """A source that counts, and notes that it was closed."""

    authentication_classes = [JWTAuthentication, TicketAuthentication]
    permission_classes = [IsAuthenticated]
    renderer_classes = [EventStream]
    closed = []

    def source(self):
        try:
            for number in range(1000):
                yield f"data: {number}\n\n"
        finally:
            self.closed.append(True)

    def get(self, request):
        return end_with_credential(response_of(self.source()), request)


def get(view, access):
    request = APIRequestFactory().get("/", headers={"Authorization": f"Bearer {access}"})
    return view(request)


@pytest.fixture(autouse=True)
def _nothing_is_left_open():
    Ticks.closed.clear()
    yield
    assert registry.every() == set()


def test_a_stream_under_wsgi_ends_before_the_next_chunk(client, pair, security_log):
    response = get(Ticks.as_view(), pair["access"])
    chunks = iter(response)
    assert next(chunks) == b"data: 0\n\n"
    (connection,) = registry.every()
    client.revoke(pair["refresh"])
    wait_for(lambda: connection.error)
    assert list(chunks) == []
    response.close()
    assert Ticks.closed == [True]
    ((_, line),) = security_log("connection_ended")
    assert line["reason"] == "session_ended"


def test_one_that_is_over_is_forgotten(access, security_log):
    assert len(list(get(Ticks.as_view(), access))) == 1000
    assert [line["reason"] for _, line in security_log("connection_ended")] == ["closed"]
    assert len(security_log("connection_opened")) == 1


def test_one_that_the_client_leaves_is_forgotten(access):
    response = get(Ticks.as_view(), access)
    assert next(iter(response))
    response.close()
    wait_for(lambda: not registry.every())
    assert Ticks.closed == [True]


async def never_ending(closed):
    try:
        yield b"data: 0\n\n"
        await asyncio.Event().wait()
    finally:
        closed.append(True)


def test_a_stream_under_asgi_ends_while_its_source_waits(client, pair):
    closed = []
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {pair['access']}"})
    principal = resolve(request)

    def revoke():
        client.revoke(pair["refresh"])
        connections.close_all()  # those of this thread

    async def read():
        response = response_of(never_ending(closed))
        ended = end_with_credential(response, request, principal)
        chunks = aiter(ended)
        first = await anext(chunks)
        log_out = threading.Thread(target=revoke)
        log_out.start()
        return first, [chunk async for chunk in chunks]

    assert asyncio.run(asyncio.wait_for(read(), 20)) == (b"data: 0\n\n", [])
    assert closed == [True]


def test_an_error_of_the_source_is_the_error_of_the_stream(access):
    async def failing():
        yield b"data: 0\n\n"
        raise ValueError("the source")

    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {access}"})
    principal = resolve(request)

    async def read():
        response = end_with_credential(response_of(failing()), request, principal)
        return [one async for one in response]

    with pytest.raises(ValueError, match="the source"):
        asyncio.run(read())


def test_a_response_that_is_no_stream_stays_as_it_is(access):
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {access}"})
    response = HttpResponse(b"refused")
    assert end_with_credential(response, request, resolve(request)) is response
    assert registry.every() == set()


def test_a_stream_without_a_credential_stays_as_it_is():
    request = RequestFactory().get("/")
    response = response_of(iter([b"a", b"b"]))
    assert end_with_credential(response, request) is response
    assert list(response) == [b"a", b"b"]
