"""Asks an operation of Django Ninja who may call it, and stops it where its handler would begin.

``Operation.run()`` authenticates the caller, reads the parameters and calls the handler. Here the
second step ends the request in an exception that no code catches. So does the third, which is never
reached.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import partial
from inspect import isfunction
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.sandbox.answers import Answer, Verdict, host_errors
from authkit.schema.sandbox.guards import replaced

#: The steps of ``run()`` before the handler, and the part of the first that counts requests.
CHECKS, PARAMETERS = "_run_checks", "_get_values"
THROTTLES = "_check_throttles"

Send = Callable[[Any], Any]

_asking: ContextVar[bool] = ContextVar("authkit.schema.ninja.gate", default=False)


class Stopped(BaseException):
    """Ends a request before a handler. No ``except Exception`` on its way can stop it."""

    def __init__(self, at: Any) -> None:
        super().__init__()
        self.at = at


@contextmanager
def stopped_operations() -> Iterator[None]:
    """Have every operation end before its handler, and count no request, where it is being asked.

    Other threads of the process go on as before.
    """
    kind: Any = sys.modules["ninja.operation"].Operation
    with ExitStack() as held:
        for name, instead in ((PARAMETERS, _stop), (THROTTLES, lambda operation: None)):
            if hasattr(kind, name):
                step = _where_asked(getattr(kind, name), instead)
                held.enter_context(replaced(kind, name, step))
        yield


def _stop(operation: Any) -> None:
    raise Stopped(operation)


def _where_asked(step: Callable[..., Any], instead: Callable[[Any], None]) -> Callable[..., Any]:
    def changed(operation: Any, *args: Any, **kwargs: Any) -> Any:
        return instead(operation) if _asking.get() else step(operation, *args, **kwargs)

    return changed


def can_be_stopped(operation: Any) -> bool:
    """Tell whether Ninja's own code runs the operation, in the steps that are known here."""
    module: Any = sys.modules["ninja.operation"]
    kind: Any = type(operation)
    steps = {CHECKS, PARAMETERS}
    return (
        kind in (module.Operation, module.AsyncOperation)
        and steps <= {*kind.run.__code__.co_names}
        and steps.isdisjoint(vars(operation))
    )


def leads_to_stops(view: Any) -> bool:
    """Tell whether each operation that *view* may choose from, by the method, can be stopped."""
    chooser = inspect.getclosurevars(view).nonlocals.get("self") if isfunction(view) else None
    choices = getattr(chooser, "operations", ())
    return bool(choices) and all(map(can_be_stopped, choices))


def stop_elsewhere(resolve: Callable[[Any], Any], views: frozenset[Any]) -> Callable[[Any], Any]:
    """Return *resolve*, which ends requests that come to a view that is none of *views*."""

    def resolve_or_stop(request: Any) -> Any:
        match = resolve(request)
        if match.func not in views:
            raise Stopped(match.func)
        return match

    return resolve_or_stop


def alone(operation: Any) -> Send:
    """Return what calls the operation without middleware, with the decorators of its ``run()``."""
    run = async_to_sync(operation.run) if operation.is_async else operation.run

    def send(request: Any) -> Any:
        request.user = AnonymousUser()
        return run(request)

    return send


def ask(operation: Any, send: Send, request: Any) -> Answer:
    """Return what is answered to *request*; it is admitted if the handler would be called."""
    handler = operation.view_func

    def handler_or_stop(*args: Any, **kwargs: Any) -> Any:
        return _stop(operation) if _asking.get() else handler(*args, **kwargs)

    token = _asking.set(True)
    try:
        with replaced(operation, "view_func", handler_or_stop):
            response = send(request)
    except Stopped as stopped:
        if stopped.at is operation:
            return Answer.of_status(None)
        return Answer(Verdict.UNKNOWN, said=f"{request.path} is answered by {_name(stopped.at)}")
    except PermissionDenied:  # Django makes this answer of it
        return Answer.of_status(403)
    except host_errors() as error:  # the project's code may fail in any way
        return Answer.of_failure(error)
    finally:
        _asking.reset(token)
    return Answer.of_status(response.status_code)


def _name(served: Any) -> str:
    function = getattr(served, "view_func", served)
    return function_name(function) or dotted(type(served))


def function_name(function: Any) -> str:
    """Return the full name of a function, that of its own function if it is a partial."""
    function = function.func if isinstance(function, partial) else function
    name = getattr(function, "__qualname__", "")
    return f"{function.__module__}.{name}" if name else ""
