"""The gate of a view that is built as drf-spectacular builds it, with no request received."""

from __future__ import annotations

import copy
from typing import Any

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from authkit.schema.probe.view_gate import ViewGate, introduce, request_to
from authkit.schema.sandbox.answers import Caller
from authkit.schema.views.mapping import Operation

#: What ``initial()`` sets on a live request, and the generator on that of a versioned view.
VERSIONING = {"version": None, "versioning_scheme": None}

#: An address of the documentation (RFC 5737): whoever calls is not this machine.
CLIENT_IP = "192.0.2.1"


def mock_gate(operation: Operation, values: dict[str, str] | None) -> ViewGate:
    """Return the gate of *operation*; *values* fill the placeholders of its path."""
    view = operation.view
    view.args = ()
    view.kwargs = values or {}

    mock: Any = operation.mock()
    _forget_caller(mock)
    mock.authenticators = request_to(view, mock._request).authenticators

    def make_request(view: APIView, caller: Caller) -> Request:
        request: Request = Request.__new__(type(mock))
        vars(request).update(VERSIONING | vars(mock), _request=copy.copy(mock._request))
        introduce(request, caller)
        return request

    return ViewGate(view, make_request)


def _forget_caller(request: Any) -> None:
    # A mock request of the project's own may come with a user; the caller is decided here.
    for name in ("_user", "_auth", "_authenticator"):
        vars(request).pop(name, None)
    nobody: Any = api_settings.UNAUTHENTICATED_USER
    request._request.user = nobody() if nobody else None
    request._request.META["REMOTE_ADDR"] = CLIENT_IP
