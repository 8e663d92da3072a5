"""Asks a view whether it lets a caller in, without sending a credential or running a handler."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.views import APIView

from authkit.schema.answers import ANONYMOUS, Answer, Caller, anything_but_ctrl_c
from authkit.schema.permissions import with_keys


@dataclass(frozen=True)
class ViewGate:
    """A view that is ready for ``initial()``, and the way to a new request for it.

    ``whole`` runs all of ``initial()``, content negotiation and version included, which wants
    a request that has come the whole way.
    """

    view: APIView
    make_request: Callable[[APIView, Caller], Request]
    whole: bool = False

    def answer(self, caller: Caller) -> Answer:
        """Return the view's answer to *caller*. Raises nothing, whatever the view's code does."""
        try:
            view = self.view_called_by(caller)
            return Answer.of_status(refusal_by(view, self.run))
        except anything_but_ctrl_c() as error:  # the host's code may fail in any way
            return Answer.of_failure(error)

    def run(self, view: Any) -> None:
        if self.whole or type(view).initial is not APIView.initial:
            view.initial(view.request, *view.args, **view.kwargs)
            return
        view.perform_authentication(view.request)
        view.check_permissions(view.request)

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


def refusal_by(view: APIView, run: Callable[[APIView], Any]) -> int | None:
    """Run a part of the gate; return the status with which it refuses, None if it does not."""
    try:
        run(view)
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


def before_its_action(view: APIView) -> APIView:
    """Return *view* as REST framework asks it for authenticators: a view set has no action yet."""
    early = copy.copy(view)
    vars(early).pop("action", None)
    return early


def request_to(view: APIView, received: HttpRequest) -> Request:
    """Return what *view* makes of Django's request. May raise whatever the view's code raises."""
    early: Any = before_its_action(view)
    early.request = received
    request: Request = early.initialize_request(received, *early.args, **early.kwargs)
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
