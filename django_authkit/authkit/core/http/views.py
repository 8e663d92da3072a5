from __future__ import annotations

import logging
from typing import Any

from django.db import connections, transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.debug import sensitive_variables
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from authkit.core.db.outages import is_outage
from authkit.core.http.client import present_request
from authkit.core.http.parsers import StrictJSONParser
from authkit.errors import BEARER_CHALLENGE, ServiceUnavailable

logger = logging.getLogger("authkit.database")

#: Statuses that must say when to come back, and after how many seconds if nobody knows.
RETRY_AFTER = {
    status.HTTP_423_LOCKED: 60,
    status.HTTP_429_TOO_MANY_REQUESTS: 1,
    status.HTTP_503_SERVICE_UNAVAILABLE: 5,
}


class AuthkitView(APIView):
    """JSON in, JSON out, never cached; every refusal has a code and the headers it needs.

    ATOMIC_REQUESTS, of every database, does not reach it: DRF rolls the request's transaction
    back for every refusal, and what a refusal must leave behind (a session ended because its
    token was stolen) has to be outside of it.

    The answer to an exception is made by the project's own ``EXCEPTION_HANDLER``. Only
    where that gives DRF's plain ``{"detail": ...}`` is the machine-readable code put
    beside it.
    """

    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    versioning_class = None
    serializer_class: type[BaseSerializer[Any]]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = super().as_view(**initkwargs)
        for alias in connections:
            view = transaction.non_atomic_requests(using=alias)(view)
        return view

    # Reports of a crash show the variables of every function below: passwords, codes, tokens.
    @sensitive_variables()
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        token = present_request.set(request)
        try:
            return super().dispatch(request, *args, **kwargs)
        finally:
            present_request.reset(token)

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
            logger.error("The database failed; answered 503.", exc_info=exc)
            exc = ServiceUnavailable()
        response = super().handle_exception(exc)
        if isinstance(exc, APIException):
            _add_code(response, exc)
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


class PublicView(AuthkitView):
    """Looks at no credential: one that has gone stale must not keep anybody from logging in."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]


def _add_code(response: HttpResponseBase, exc: APIException) -> None:
    # A project's handler may answer with any response of Django's, and those have no data.
    data: Any = getattr(response, "data", None)
    is_plain = isinstance(data, dict) and set(data) == {"detail"}
    if is_plain and isinstance(exc.detail, str):
        data["code"] = exc.get_codes()
