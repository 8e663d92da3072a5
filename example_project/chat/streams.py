"""Server-sent events (WHATWG HTML, section 9.2), by ASGI and by WSGI."""

from asgiref.sync import sync_to_async
from authkit.realtime import end_with_credential
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from rest_framework.renderers import JSONRenderer

CONTENT_TYPE = "text/event-stream"
HEADERS = {
    "Cache-Control": "no-store",
    # nginx would collect the events and send them at the end.
    "X-Accel-Buffering": "no",
}


def event_stream(request, events):
    """Return a response that sends each event when it happens, while its user is logged in."""
    chunks = (encode(event) for event in events)
    if isinstance(request._request, ASGIRequest):
        chunks = from_thread(chunks)
    response = StreamingHttpResponse(chunks, content_type=CONTENT_TYPE, headers=HEADERS)
    return end_with_credential(response, request)


def encode(event):
    # JSON has no line break outside of its strings, and escapes those inside: one `data` line.
    return b"event: %s\ndata: %s\n\n" % (event.name.encode(), JSONRenderer().render(event.data))


async def from_thread(chunks):
    """Ask for each chunk in the thread of the request, since the ORM would block the event loop."""
    end = object()
    while (chunk := await sync_to_async(next)(chunks, end)) is not end:
        yield chunk
