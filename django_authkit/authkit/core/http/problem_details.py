"""Errors as RFC 9457 problem details, for a project that chooses them.

Settings name ``authkit.errors.problem_details_handler``. It is not implemented there, because
Django imports the errors at every start, and the views of DRF only with the first request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"

#: Members that the detail of an exception cannot set (RFC 9457 section 3.1).
RESERVED = {"type", "title", "status", "detail", "instance", "code", "errors"}

HEADERS = ("WWW-Authenticate", "Retry-After")


class ProblemResponse(Response):
    """A problem as JSON, except in the browsable API."""

    @property
    def rendered_content(self) -> Any:
        negotiated = self.accepted_renderer.media_type
        if negotiated == "text/html":
            return super().rendered_content
        self.content_type = MEDIA_TYPE
        if negotiated != JSONRenderer.media_type:
            self.accepted_renderer = JSONRenderer()
            self.accepted_media_type = JSONRenderer.media_type
        return super().rendered_content


def answer(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an exception, or None for one that REST framework does not handle."""
    exc = _without_message(exc)
    response = exception_handler(exc, context)
    if response is None or not isinstance(exc, APIException):
        return None
    return ProblemResponse(
        problem_of(exc, response.reason_phrase),
        status=response.status_code,
        headers={name: response[name] for name in HEADERS if name in response},
    )


def problem_of(exc: APIException, title: str) -> dict[str, Any]:
    """Return the members of the problem.

    ``errors`` lists the validation errors: ``pointer`` (a JSON Pointer, RFC 6901, as a URI
    fragment), ``detail`` and ``code``.
    """
    about = _about(exc)
    return {"type": "about:blank", "title": title, "status": exc.status_code, **about}


def _about(exc: APIException) -> dict[str, Any]:
    detail: Any = exc.detail
    if isinstance(exc, ValidationError) or isinstance(detail, list):
        sentence = _sentence(exc.default_detail, exc.default_code)
        return {**sentence, "errors": list(_errors(detail))}
    if isinstance(detail, Mapping):
        sentence = _sentence(detail.get("detail", exc.default_detail), exc.default_code)
        code = _plain(detail.get("code", sentence["code"]))
        others = {name: value for name, value in detail.items() if name not in RESERVED}
        return {**sentence, "code": code, **_plain(others)}
    return _sentence(detail, exc.default_code)


def _without_message(exc: Exception) -> Exception:
    # These messages of Django and of views are for the log: "No Invoice matches the given query."
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    return exc


def _sentence(detail: Any, default_code: str) -> dict[str, str]:
    code = getattr(detail, "code", None) or default_code or APIException.default_code
    return {"detail": _text(detail), "code": _text(code)}


def _errors(detail: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for name, value in detail.items():
            whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _errors(value, path if whole else (*path, str(name)))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            # A list of strings is about one value; a list of lists or dicts, about its items.
            yield from _errors(value, path if isinstance(value, str) else (*path, str(index)))
    else:
        yield {"pointer": _pointer(path), **_sentence(detail, "invalid")}


def _pointer(path: tuple[str, ...]) -> str:
    steps = (step.replace("~", "~0").replace("/", "~1") for step in path)
    return "#" + "".join("/" + quote(step, safe="~", errors="replace") for step in steps)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_text(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value if value is None or isinstance(value, bool | int | float) else _text(value)


def _text(value: Any) -> str:
    # A message may quote the input, and UTF-8 cannot encode a lone surrogate in it.
    return str(value).encode(errors="replace").decode()
