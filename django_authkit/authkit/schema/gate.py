"""Asks a view whether it lets a caller in, without sending a credential or running a handler."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import Http404
from drf_spectacular.settings import spectacular_settings
from rest_framework import exceptions, permissions, status
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from authkit.schema.introspect import Operation
from authkit.schema.names import dotted

#: Named by string: importing it needs the app to be installed, and not every project has it.
KEY_PERMISSION = "rest_framework_api_key.permissions.BaseHasAPIKey"

REFUSALS = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)

#: What the generator found out about the version, and ``initial()`` would set on a live request.
VERSIONING = {"version": None, "versioning_scheme": None}
NEGOTIATED = ("version", "versioning_scheme", "resolver_match", "accepted_media_type")


#: What ``&``, ``|`` and ``~`` between permission classes make.
OPERATORS = (permissions.AND, permissions.OR, permissions.NOT)


class Verdict(Enum):
    ADMITTED = "admitted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """What the view said: the status of a refusal, or the reason why nothing is known."""

    verdict: Verdict
    status: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Caller:
    """Who asks: a user behind an authenticator, and the key permissions that are satisfied.

    With neither, the caller is anonymous and the authenticators are run on an empty request.
    """

    user: Any = None
    authenticator: Any = None
    keys: frozenset[type] = frozenset()


class WantedSQL(Exception):
    """Raised inside the code of a permission that asks the database."""


@dataclass
class SQLGuard:
    """Remembers that the database was asked, also if the code asking swallowed the refusal."""

    asked: bool = field(default=False)

    def refuse(self, *args: Any, **kwargs: Any) -> Any:
        self.asked = True
        raise WantedSQL("the permission asks the database")


@contextmanager
def forbidden_sql() -> Iterator[SQLGuard]:
    """Let no statement reach, and no connection be opened to, any database."""
    guard = SQLGuard()
    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(guard.refuse))
            stack.enter_context(_replaced(connection, "ensure_connection", guard.refuse))
        yield guard


@contextmanager
def _replaced(holder: Any, name: str, value: Callable[..., Any]) -> Iterator[None]:
    before = vars(holder).get(name)
    setattr(holder, name, value)
    try:
        yield
    finally:
        if before is None:
            delattr(holder, name)
        else:
            setattr(holder, name, before)


def ask(operation: Operation, caller: Caller) -> Answer:
    """Return the view's answer to *caller*. Raises nothing, whatever the view's code does."""
    with forbidden_sql() as guard:
        answer = _answer(operation, caller)
    if guard.asked:
        return Answer(Verdict.UNKNOWN, reason="a permission or an authenticator asks the database")
    return answer


def _answer(operation: Operation, caller: Caller) -> Answer:
    try:
        view = _view_called_by(operation, caller)
        refusal = _refusal(view)
    except Exception as error:  # the host's code may fail in any way
        return Answer(Verdict.UNKNOWN, reason=describe(error))
    if refusal is None:
        return Answer(Verdict.ADMITTED)
    if refusal in REFUSALS:
        return Answer(Verdict.REFUSED, refusal)
    return Answer(Verdict.UNKNOWN, reason=f"the view answers {refusal} before it decides")


def describe(error: Exception) -> str:
    """Return class and message of *error* on one line."""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _refusal(view: APIView) -> int | None:
    """Run the gate; return the status with which REST framework refuses, None if it does not."""
    try:
        _run_gate(view)
    except (exceptions.NotAuthenticated, exceptions.AuthenticationFailed):
        # REST framework can only answer 401 with a WWW-Authenticate header to go with it.
        header = view.get_authenticate_header(view.request)
        return status.HTTP_401_UNAUTHORIZED if header else status.HTTP_403_FORBIDDEN
    except exceptions.APIException as error:
        return error.status_code
    except PermissionDenied:
        return status.HTTP_403_FORBIDDEN
    except Http404:
        return status.HTTP_404_NOT_FOUND
    return None


def _run_gate(view: APIView) -> None:
    if type(view).initial is not APIView.initial:
        view.initial(view.request, **view.kwargs)
        return
    view.perform_authentication(view.request)
    view.check_permissions(view.request)


def _view_called_by(operation: Operation, caller: Caller) -> APIView:
    view = copy.copy(operation.view)
    view.kwargs = dict(operation.view.kwargs)
    found = view.get_permissions
    instance: Any = view
    instance.get_permissions = lambda: [with_keys(item, caller.keys) for item in found()]
    instance.check_throttles = lambda request: None  # asking must not count
    view.request = _request(operation, view)
    _introduce(view.request, caller)
    return view


def _request(operation: Operation, view: APIView) -> Request:
    request: Request = spectacular_settings.GET_MOCK_REQUEST(
        operation.method.upper(), operation.path, view, None
    )
    known = vars(operation.view.request)
    vars(request).update(VERSIONING | {name: known[name] for name in NEGOTIATED if name in known})
    return request


def _introduce(request: Request, caller: Caller) -> None:
    # A mock request of the project's own may come with a user; the caller is decided here.
    for name in ("_user", "_auth", "_authenticator"):
        vars(request).pop(name, None)
    nobody: Any = api_settings.UNAUTHENTICATED_USER
    received: Any = request._request
    received.user = nobody() if nobody else None
    if caller.user is not None:
        request.user = caller.user
        request.auth = None
        vars(request)["_authenticator"] = caller.authenticator


def with_keys(permission: Any, keys: frozenset[type]) -> Any:
    """Return *permission* with every key permission in it answered: its class is in *keys*."""
    if isinstance(permission, OPERATORS):
        return type(permission)(*(with_keys(operand, keys) for operand in operands(permission)))
    if is_key_permission(permission):
        return AnsweredKey(type(permission) in keys)
    return permission


def key_permissions(permission: Any) -> Iterator[Any]:
    """Yield the key permissions in *permission*, which may be built with ``&``, ``|``, ``~``."""
    if isinstance(permission, OPERATORS):
        for operand in operands(permission):
            yield from key_permissions(operand)
    elif is_key_permission(permission):
        yield permission


def operands(operator: Any) -> list[Any]:
    names = ("op1",) if isinstance(operator, permissions.NOT) else ("op1", "op2")
    return [getattr(operator, name) for name in names]


def is_key_permission(permission: Any) -> bool:
    return any(dotted(base) == KEY_PERMISSION for base in type(permission).__mro__)


class AnsweredKey(permissions.BasePermission):
    """Stands where a key permission stands, and knows whether the key was sent."""

    def __init__(self, present: bool) -> None:
        self.present = present

    def has_permission(self, request: Request, view: APIView) -> bool:
        return self.present
