from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connections, transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.debug import sensitive_variables
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import ForcedAuthentication, Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from authkit.core.db.outages import is_outage, unavailable
from authkit.core.http import tags
from authkit.core.http.body.chunked import read_body_of_unknown_length
from authkit.core.http.body.parsers import StrictJSONParser
from authkit.core.http.client import answering
from authkit.core.http.error_codes import add_code
from authkit.core.http.openapi import OperationSchema
from authkit.errors import BEARER_CHALLENGE, RETRY_AFTER, ServiceUnavailable

View = TypeVar("View", bound=Callable[..., Any])


def non_atomic(view: View) -> View:
    """Exempt a view from ATOMIC_REQUESTS, on any database."""
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


@contextmanager
def transactions_left_alone() -> Iterator[None]:
    """Undo that transactions are marked for rollback, which are those of callers here.

    DRF's handler marks every open transaction under ATOMIC_REQUESTS, as if it were the request's.
    Around a view that is exempt it is that of a ``TestCase``, or of the code that called the view.
    """
    found = [each for each in connections.all(initialized_only=True) if each.in_atomic_block]
    before = [each.needs_rollback for each in found]
    try:
        yield
    finally:
        for each, was_marked in zip(found, before, strict=True):
            each.set_rollback(was_marked)


class AuthkitView(APIView):
    """JSON in, JSON out, never cached; every refusal has a code and the headers it needs.

    ATOMIC_REQUESTS does not apply, on any database: DRF rolls the request's transaction back
    for every refusal, and some of its effects (a session ended by a replayed token) must be kept.
    Transactions around a view, such as that of a ``TestCase``, are not marked for rollback either.

    The project's own ``EXCEPTION_HANDLER`` answers exceptions. The machine-readable code is added
    only where it returns DRF's plain ``{"detail": ...}``.
    """

    #: What every operation may answer; :func:`~authkit.core.http.openapi.operation` adds the rest.
    refuses: tuple[type[APIException], ...] = (ServiceUnavailable,)

    #: The group of its operations in the OpenAPI document.
    tag = tags.ACCOUNT

    #: The kinds of ``request.auth`` that the view works with.
    credentials: tuple[type, ...] = ()

    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    versioning_class = None
    schema = OperationSchema()
    serializer_class: type[BaseSerializer[Any]]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view: Any = non_atomic(super().as_view(**initkwargs))
        view.login_required = False  # for LoginRequiredMiddleware; DRF says so since 3.16
        return view

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Return DRF's request; ``force_authenticate()`` of a test must bring what a view needs.

        A user without a session, or a token of another kind, is answered as if it were absent.
        """
        made: Request = super().initialize_request(request, *args, **kwargs)
        forced = [one for one in made.authenticators or () if type(one) is ForcedAuthentication]
        if forced and not isinstance(forced[0].force_token, self.credentials):
            made.authenticators = self.get_authenticators()
        return made

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        read_body_of_unknown_length(request)
        super().initial(request, *args, **kwargs)

    # Crash reports show the variables of every function below: passwords, codes, tokens.
    @sensitive_variables()
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with answering(request):
            return super().dispatch(request, *args, **kwargs)

    def read(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        """Return the validated body, or raise ``ValidationError`` (400)."""
        serializer = self.serializer_class(
            data=request.data, partial=partial, context={"request": request}
        )
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Http404):
            exc = NotFound()
        elif is_outage(exc):
            exc = unavailable(exc)
        with transactions_left_alone():
            response = super().handle_exception(exc)
        if isinstance(exc, APIException) and isinstance(exc.detail, str):
            add_code(response, exc.get_codes())
        return response

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        if final.status_code == status.HTTP_401_UNAUTHORIZED:
            final.headers.setdefault("WWW-Authenticate", BEARER_CHALLENGE)
        if final.status_code in RETRY_AFTER:
            final.headers.setdefault("Retry-After", str(RETRY_AFTER[final.status_code]))
        return final


# Ignores credentials: an expired token in the request must not prevent a log-in.
# (A comment: drf-spectacular shows a docstring as the description of operations without one.)
class PublicView(AuthkitView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    authkit_public: str

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # A class that names one of these as its base says that it is open: the mark that
        # authkit.schema.public sets, for the audit. What derives from that class says nothing.
        if any(base.__module__.startswith("authkit.") for base in cls.__bases__):
            cls.authkit_public = "Its base class ignores credentials."
