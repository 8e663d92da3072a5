"""Reads bodies of unknown length, which REST framework takes for empty.

HTTP/1.1 sends them in chunks (RFC 9112 section 7.1), HTTP/2 needs no length at all.
"""

from __future__ import annotations

from io import BytesIO
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from authkit.core.http.body.parsers import MAX_BODY_BYTES

WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")


def read_body_of_unknown_length(request: Request) -> None:
    """Make the body of a request without ``Content-Length`` its stream.

    :raises ParseError: the server does not say where the body ends (``length_required``), or a
        chunk is malformed.
    """
    if request._request.META.get("CONTENT_LENGTH") or request.method in WITHOUT_BODY:
        return
    source = _source(request._request)
    if source is None:
        return
    try:
        body = source.read(MAX_BODY_BYTES + 1)
    except Exception:  # of a malformed chunk; each server has a class of its own
        raise ParseError(_("The request body is not valid JSON.")) from None
    # An attribute of REST framework: it asks for the stream only if there is a length.
    stream: Any = BytesIO(body) if body else None
    request._stream = stream


def _source(request: Any) -> IO[bytes] | None:
    """Return where the body can be read to its end, None if there is none."""
    source: IO[bytes]
    if hasattr(request, "scope"):  # ASGI: Django has received it
        source = request
        return source
    if "HTTP_TRANSFER_ENCODING" not in request.META:
        return None
    if not request.META.get("wsgi.input_terminated"):
        raise ParseError(
            _("The server reads no chunked body. Send the header Content-Length."),
            code="length_required",
        )
    source = request.META["wsgi.input"]  # Django would read none of it
    return source
