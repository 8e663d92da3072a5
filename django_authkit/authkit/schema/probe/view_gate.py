"""The gate of a view: does it admit a caller? No credential is sent, and no handler is run."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from rest_framework import exceptions, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.versioning import AcceptHeaderVersioning, QueryParameterVersioning
from rest_framework.views import APIView

from authkit.schema.probe.coroutines import completed, dismissed
from authkit.schema.sandbox.answers import (
    ANONYMOUS,
    NEEDED_CREDENTIAL,
    REFUSALS,
    Answer,
    Caller,
    Verdict,
    host_errors,
)
from authkit.schema.sandbox.guards import watching
from authkit.schema.views.code.framework_code import handles_exceptions
from authkit.schema.views.mapping import Operation
from authkit.schema.views.permission_tree import with_keys
from authkit.schema.views.url_builder import host

#: Behind a session ``request.auth`` is always None, and for anonymous callers as well.
WITHOUT_AUTH = (SessionAuthentication.authenticate, None)


#: What ``initial()`` sets on a live request, and the generator on that of a versioned view.
VERSIONING = {"version": None, "versioning_scheme": None}

#: The IP is one for documentation (RFC 5737): the client is not this machine.
CLIENT = {"REMOTE_ADDR": "192.0.2.1", "SERVER_PORT": "443", "wsgi.url_scheme": "https"}


class UnawaitedCheck(RuntimeError):
    """A check returned a coroutine, and it is not certain that any code awaits it."""


@dataclass(frozen=True)
class ViewGate:
    """A view that is ready for ``initial()``, and the way to a new request for it.

    ``whole`` runs all of ``initial()``, content negotiation and version included, which needs
    a request that has come the whole way.
    """

    view: APIView
    make_request: Callable[[APIView, Caller], Request]
    whole: bool = False

    def answer(self, caller: Caller) -> Answer:
        """Return the view's answer to *caller*. Raises nothing, whatever the view's code does."""
        try:
            view = self.view_called_by(caller)
            answer = answer_to(caller, view, self.run)
        except host_errors() as error:  # the project's code may fail in any way
            return Answer.of_failure(error)
        missed = vars(view.request).get(NEEDED_CREDENTIAL)
        if answer.verdict is Verdict.REFUSED and missed:
            said = f"a permission looks at {missed}, which only a real credential brings along"
            return Answer(Verdict.UNKNOWN, said=said)
        return answer

    def run(self, view: Any) -> None:
        if self.whole or type(view).initial is not APIView.initial:
            completed(view.initial(view.request, *view.args, **view.kwargs))
            return
        for check in (view.perform_authentication, view.check_permissions):
            if dismissed(check(view.request)):
                # REST framework does not await it; a dispatch() of the project may.
                raise UnawaitedCheck(f"{check.__name__}() is not awaited by initial()")

    @property
    def authenticators(self) -> tuple[Any, ...]:
        """The authenticators of a request. May raise whatever the view's code raises."""
        return tuple(self.make_request(self.view, ANONYMOUS).authenticators or ())

    def view_called_by(self, caller: Caller) -> APIView:
        view = copy.copy(self.view)
        view.kwargs = dict(self.view.kwargs)
        found = view.get_permissions
        instance: Any = view
        instance.get_permissions = lambda: [with_keys(item, caller.keys) for item in found()]
        instance.check_throttles = lambda request: None  # asking must not count
        view.request = self.make_request(view, caller)
        return view


def answer_to(caller: Caller, view: APIView, run: Callable[[APIView], Any]) -> Answer:
    """Run a part of the gate, and return what it answers."""
    try:
        run(view)
    except (exceptions.APIException, PermissionDenied, Http404) as error:
        answer = Answer.of_status(status_of(error, view))
        # Only refusals of anonymous callers are documented, and a handler may log every exception.
        if answer.verdict is Verdict.REFUSED and caller.user is None and handles_exceptions(view):
            return replace(answer, status=handled_status(error, view))
        return answer
    return Answer.of_status(None)


def status_of(error: Exception, view: APIView) -> int:
    """Return the status with which REST framework answers *error*."""
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        # It can only answer 401 with a WWW-Authenticate header to go with it. A class of exceptions
        # may keep its own status, so it is assigned here as REST framework assigns it.
        if not view.get_authenticate_header(view.request):
            error.status_code = status.HTTP_403_FORBIDDEN
        return error.status_code
    if isinstance(error, exceptions.APIException):
        return error.status_code
    if isinstance(error, PermissionDenied):
        return status.HTTP_403_FORBIDDEN
    return status.HTTP_404_NOT_FOUND


def handled_status(error: Exception, view: APIView) -> int | None:
    """Return the status with which the project answers a refusal, None if it is not known."""
    # What an answer writes is not what the permissions ask for.
    with watching() as watch:
        try:
            code = view.handle_exception(error).status_code
        except host_errors():  # the project's code may fail in any way
            return None
    return code if code in REFUSALS and not watch.asked else None


def before_its_action(view: APIView) -> APIView:
    """Return *view* as REST framework asks it for authenticators: a view set has no action yet."""
    early = copy.copy(view)
    vars(early).pop("action", None)
    return early


def request_to(view: APIView, received: HttpRequest) -> Request:
    """Return what *view* makes of Django's request. May raise whatever the view's code raises."""
    early: Any = before_its_action(view)
    early.request = received
    request: Request = completed(early.initialize_request(received, *early.args, **early.kwargs))
    return request


def introduce(request: Request, caller: Caller) -> None:
    """Put the user of *caller* behind its authenticator, as if that had found a credential.

    What it presents goes into the request, for the authenticators to find.
    """
    if caller.presented is not None:
        caller.presented.put_into(request._request)
    if caller.user is not None:
        request.user = caller.user
        request.auth = None
        vars(request)["_authenticator"] = caller.authenticator
        if getattr(type(caller.authenticator), "authenticate", None) not in WITHOUT_AUTH:
            kind: Any = type(request)
            request.__class__ = _noting_auth(kind)


@cache
def _noting_auth(kind: Any) -> type[Request]:
    """Return a subclass of *kind* that records when ``request.auth`` is read."""

    def auth(request: Any) -> Any:
        vars(request)[NEEDED_CREDENTIAL] = "request.auth"
        return kind.auth.fget(request)

    return type(kind.__name__, (kind,), {"auth": property(auth, kind.auth.fset)})


def mock_gate(operation: Operation, values: dict[str, str] | None) -> ViewGate:
    """Return the gate of *operation*; *values* fill the placeholders of its path."""
    view = operation.view
    view.args = ()
    view.kwargs = values or {}

    mock: Any = completed(operation.mock())
    _forget_caller(mock)
    come_from_client(mock._request, operation)
    mock.authenticators = request_to(view, mock._request).authenticators

    def make_request(view: APIView, caller: Caller) -> Request:
        request: Request = Request.__new__(type(mock))
        vars(request).update(VERSIONING | vars(mock), _request=copy.copy(mock._request))
        introduce(request, caller)
        return request

    return ViewGate(view, make_request)


def _forget_caller(request: Any) -> None:
    # A mock request of the project may come with a user; the prober decides who calls. What it
    # accepts is asked again: drf-spectacular negotiated before it named a version.
    for name in ("_user", "_auth", "_authenticator", "_parsed_accept_list"):
        vars(request).pop(name, None)
    anonymous: Any = api_settings.UNAUTHENTICATED_USER
    request._request.user = anonymous() if anonymous else None


def come_from_client(request: Any, operation: Operation) -> None:
    """Make Django's *request* one that came over HTTPS, to a host that the project answers to."""
    request.META.update(CLIENT, HTTP_HOST=host(), **_naming_version(operation))
    vars(request).pop("headers", None)  # a cached copy of the old ones
    # Where none is allowed, as in settings whose environment is empty, none would be right.
    vars(request)["get_host"] = host


def _naming_version(operation: Operation) -> dict[str, str]:
    """Return where a client names the version of *operation*, if not in its path.

    It accepts whatever the view renders.
    """
    versioning: Any = operation.view.versioning_class or object
    if operation.version and issubclass(versioning, AcceptHeaderVersioning):
        return {"HTTP_ACCEPT": f"*/*; {versioning.version_param}={operation.version}"}
    if operation.version and issubclass(versioning, QueryParameterVersioning):
        return {"QUERY_STRING": f"{versioning.version_param}={operation.version}"}
    return {}


def received_gate(view: Any, received: Request) -> ViewGate:
    """Return the gate that *received* stands before."""

    def make_request(view: APIView, caller: Caller) -> Request:
        request = request_to(view, copy.copy(received._request))
        introduce(request, caller)
        return request

    return ViewGate(view, make_request, whole=True)
