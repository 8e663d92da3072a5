"""The exception handlers whose answers are known: REST framework's and authkit's."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from rest_framework.views import APIView


class Body(Enum):
    """What the body of a refusal holds: a sentence, a code beside it, or a problem (RFC 9457)."""

    DETAIL = "detail"
    CODE = "code"
    PROBLEM = "problem"


#: By where the code of a handler stands. All answer with the status of the exception.
HANDLERS: Mapping[str, Body] = {
    "rest_framework.views.exception_handler": Body.DETAIL,
    "authkit.errors.exception_handler": Body.CODE,
    "authkit.errors.problem_details_handler": Body.PROBLEM,
}

#: The method of views by which an exception reaches the handler.
METHOD = "rest_framework.views.handle_exception"

#: That of authkit's own views, which add a code to the sentence.
CODING_METHOD = "authkit.core.http.views.handle_exception"


def body_of_refusals(view: APIView) -> Body | None:
    """Return what the bodies of the view's refusals hold, None if code of the project decides.

    May raise whatever the view's code raises.
    """
    body = HANDLERS.get(_place(view.get_exception_handler()))
    method = _place(type(view).handle_exception)
    if method == CODING_METHOD and body is Body.DETAIL:
        return Body.CODE
    return body if method in (METHOD, CODING_METHOD) else None


def _place(function: Any) -> str:
    # Not by __module__, which a decorator copies from what it decorates.
    module = getattr(function, "__globals__", {}).get("__name__")
    return f"{module}.{getattr(function, '__name__', '')}"
