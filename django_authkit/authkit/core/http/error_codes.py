"""DRF's own errors, with a machine-readable code.

Settings name ``authkit.errors.exception_handler``. It is not implemented there, because Django
imports the errors at every start, and the views of DRF only with the first request.
"""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from authkit.errors import AuthkitError

#: The statuses of refusals, which have a code whatever view and whatever permission refuses.
CODED = (
    status.HTTP_401_UNAUTHORIZED,
    status.HTTP_403_FORBIDDEN,
    status.HTTP_429_TOO_MANY_REQUESTS,
)


def answer(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Return DRF's response to an exception, or None for one that DRF does not handle."""
    response = exception_handler(exc, context)
    if response is None:
        return None
    if response.status_code in CODED or isinstance(exc, AuthkitError):
        detail = response.data.get("detail") if isinstance(response.data, dict) else None
        add_code(response, getattr(detail, "code", None))
    return response


def add_code(response: HttpResponseBase, code: Any) -> None:
    """Add the code to DRF's plain body, ``{"detail": ...}``; leave every other body as it is."""
    # A project's handler may return any response of Django's, and those have no data.
    data: Any = getattr(response, "data", None)
    if code is not None and isinstance(data, dict) and data.keys() == {"detail"}:
        plain: Any = response
        plain.data = {**data, "code": str(code)}
