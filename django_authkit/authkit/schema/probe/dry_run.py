"""Sends an anonymous request through the whole stack, and stops it where the handler would begin.

The middleware, the decorators and ``dispatch()`` are the project's own. The request ends in an
exception that no code catches, raised at the end of the view's ``initial()``, in that of another
view, or in the handler of a view that never called it. So no handler can run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from io import BytesIO
from typing import Any, cast

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, HttpResponseForbidden
from django.test.utils import override_settings
from django.urls import get_resolver, set_urlconf
from django.utils import translation
from rest_framework.views import APIView

from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.probe.coroutines import completed, in_thread
from authkit.schema.probe.view_gate import ViewGate, come_from_client, received_gate
from authkit.schema.sandbox.guards import replaced
from authkit.schema.views.code.framework_code import STANDS_FOR
from authkit.schema.views.mapping import Operation
from authkit.schema.views.route_index import RouteIndex

#: Settings under which a request leaves no trace, and a page needs no collected files.
DRY_RUN_SETTINGS = {
    "DEBUG_PROPAGATE_EXCEPTIONS": True,
    "MESSAGE_STORAGE": "django.contrib.messages.storage.cookie.CookieStorage",
    "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
}
STATICFILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

Send = Callable[[WSGIRequest], HttpResponse]
AtGate = Callable[[ViewGate], Any]


@dataclass(frozen=True)
class DryRun:
    """How far a request came: to the gate with what was *found* there, or to an answer before.

    ``misrouted`` says where else it came to, and was stopped.
    """

    found: Any = None
    response: HttpResponse | None = None
    misrouted: str = ""


class DryRunEnded(BaseException):
    """Ends a request before a handler. No ``except Exception`` on its way can stop it."""

    def __init__(self, outcome: DryRun) -> None:
        super().__init__()
        self.outcome = outcome


class Documented:
    """The patterns that are being documented, as a URLconf. Its hash does not take its length."""

    def __init__(self, patterns: Any) -> None:
        self.urlpatterns = list(patterns)


class MiddlewareStack(BaseHandler):
    """The project's middleware around its URLconf, or around the one that is being documented."""

    def __init__(self, urlconf: Documented | None = None) -> None:
        super().__init__()
        self.urlconf = urlconf
        self.matches: dict[tuple[Any, str], Any] = {}
        self.load_middleware()

    def send(self, request: WSGIRequest) -> HttpResponse:
        if self.urlconf is not None:
            received: Any = request
            received.urlconf = self.urlconf
        response: Any = self.get_response(request)
        return cast(HttpResponse, response)

    def resolve_request(self, request: Any) -> Any:
        # A path is resolved once for all of its methods.
        key = getattr(request, "urlconf", None), request.path_info
        if key not in self.matches:
            self.matches[key] = super().resolve_request(request)
        set_urlconf(key[0])
        request.resolver_match = self.matches[key]
        _require_meant(self.matches[key].func)
        return self.matches[key]


@contextmanager
def dry_run_stack(patterns: Any) -> Iterator[MiddlewareStack]:
    """Set the stack up as it is served, except for what would leave traces."""
    storages = {**settings.STORAGES, "staticfiles": STATICFILES}
    level = logging.root.manager.disable
    with ExitStack() as stack:
        stack.enter_context(override_settings(**DRY_RUN_SETTINGS, STORAGES=storages))
        stack.enter_context(translation.override(translation.get_language()))
        stack.callback(set_urlconf, None)
        # Refusals are what is being looked for, and no news for a log.
        stack.callback(logging.disable, level)
        logging.disable(logging.CRITICAL)
        own: Any = None if patterns is get_resolver().url_patterns else Documented(patterns)
        resolver = get_resolver(own)
        stack.enter_context(replaced(resolver, "resolve", RouteIndex(resolver).resolve))
        yield MiddlewareStack(own)


@contextmanager
def gates_end_requests() -> Iterator[None]:
    """Let the gate of REST framework end each request of a dry run.

    Once for all of them: an attribute of a class takes as long as the class has subclasses.
    """
    with replaced(APIView, "initial", _asking(APIView.initial)):
        yield


def dry_run(send: Send, operation: Operation, path: str, at_gate: AtGate) -> DryRun:
    """Send an anonymous request to *path*; call *at_gate* where the view lets it in or not.

    It stands within ``gates_end_requests()``.
    """
    token = _asked.set((operation.callback, at_gate))
    try:
        with ExitStack() as stack:
            for owner, name, stop in _stops(operation):
                stack.enter_context(replaced(owner, name, stop))
            return DryRun(response=send(received_request(operation, path)))
    except DryRunEnded as ended:
        return ended.outcome
    finally:
        _asked.reset(token)


def _stops(operation: Operation) -> Iterator[tuple[Any, str, Any]]:
    """Yield the methods of the view in which a request ends. Those of others pass through them."""
    view = operation.callback.cls
    actions = getattr(operation.callback, "actions", {})
    handler = actions.get(operation.method, operation.method)
    if view.initial is not APIView.initial:
        yield view, "initial", _asking(view.initial)
    yield view, handler, _stopping(getattr(view, handler, view.http_method_not_allowed))


_asked: ContextVar[Any] = ContextVar("authkit.schema.probe.dry_run", default=None)


def _require_meant(callback: Any) -> None:
    """End the request if it would go to another view than the probed one."""
    asked = _asked.get()
    served = getattr(callback, "cls", callback)
    if asked is not None and served is not asked[0].cls:
        raise DryRunEnded(_answered_by(served))


def _answered_by(other: Any) -> DryRun:
    return DryRun(misrouted=f"is answered by another view ({dotted(other)})")


def _asking(initial: Callable[..., Any]) -> Callable[..., Any]:
    def initial_or_stop(view: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        asked = _asked.get()
        if asked is None:
            # A request of another thread, or a request inside of the probe.
            return initial(view, request, *args, **kwargs)
        if type(view) is not asked[0].cls:
            raise DryRunEnded(_answered_by(type(view)))
        token = _asked.set(None)
        try:
            found = asked[1](received_gate(view, request))
        finally:
            _asked.reset(token)
        raise DryRunEnded(DryRun(found=found))

    if iscoroutinefunction(initial):
        return in_thread(initial_or_stop)
    vars(initial_or_stop)[STANDS_FOR] = initial
    return initial_or_stop


def _stopping(handler: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(handler)  # permissions look at what decorators left on it
    def handler_or_stop(*args: Any, **kwargs: Any) -> Any:
        if _asked.get() is None:
            return handler(*args, **kwargs)
        raise DryRunEnded(DryRun(misrouted="comes to the handler without initial()"))

    # Django asks the handlers whether a view is asynchronous.
    return (
        markcoroutinefunction(handler_or_stop) if iscoroutinefunction(handler) else handler_or_stop
    )


def without_middleware(operation: Operation, values: dict[str, str]) -> Send:
    """Return what calls the view as the URLconf does, with its decorators and nothing else."""

    view: Any = operation.callback
    if iscoroutinefunction(view):  # of adrf, say
        view = async_to_sync(view)

    def send(request: WSGIRequest) -> HttpResponse:
        request.user = AnonymousUser()
        try:
            response: HttpResponse = completed(view(request, **values))
        except PermissionDenied:  # Django makes this answer of it, around the middleware
            return HttpResponseForbidden()
        return response

    return send


def received_request(operation: Operation, path: str) -> WSGIRequest:
    """Return a request without a credential and with an empty body, as a server would hand it."""
    request = WSGIRequest(
        {
            "REQUEST_METHOD": operation.method.upper(),
            "SCRIPT_NAME": "",
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": "",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": "0",
            "SERVER_NAME": "testserver",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": BytesIO(),
            "wsgi.errors": BytesIO(),
        }
    )
    come_from_client(request, operation)
    vars(request)["_dont_enforce_csrf_checks"] = True  # a token is no credential
    return request
