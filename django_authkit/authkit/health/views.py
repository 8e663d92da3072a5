from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.counted_log import log_counted
from authkit.core.http.body.serializers import AuthkitSerializer
from authkit.core.http.openapi import operation
from authkit.core.http.views import PublicView
from authkit.health.parts import cache, database, migrations, signing_keys

logger = logging.getLogger("authkit.health")

OK, UNAVAILABLE = "ok", "unavailable"


class LiveSerializer(AuthkitSerializer):
    """The process answers."""

    status = serializers.CharField(read_only=True, help_text="Always `ok`.")


class HealthSerializer(AuthkitSerializer):
    """Whether a process can work, and which of its parts can."""

    example = {"status": UNAVAILABLE, "parts": {"database": OK, "cache": UNAVAILABLE}}

    status = serializers.CharField(
        read_only=True, help_text="`ok`, or `unavailable` where one of the parts is."
    )
    parts = serializers.DictField(
        child=serializers.CharField(),
        read_only=True,
        help_text="`ok` or `unavailable` by the name of the part.",
    )


# Asked every few seconds by what has no credential, and must not be refused for asking often.
class HealthView(PublicView):
    tag = "auth: health"
    refuses = ()
    throttle_classes: list[Any] = []

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Answer JSON whatever is accepted: a 406 would be taken for a process that is not well."""
        return super().perform_content_negotiation(request, force=True)


class LiveView(HealthView):
    """The process answers. Nothing else is looked at, since a restart repairs no database."""

    serializer_class = LiveSerializer

    @operation("authkit_health_live", "Is the process alive?", {200: LiveSerializer})
    def get(self, request: Request) -> Response:
        return Response({"status": OK})


class PartsView(HealthView):
    """Base class of views that answer 200 where every part is usable, and else 503."""

    serializer_class = HealthSerializer

    #: What is asked, by name: a function returns where its part is usable, and raises else.
    parts: ClassVar[Mapping[str, Callable[[], object]]] = MappingProxyType({})

    def get(self, request: Request) -> Response:
        found = {name: _state(name, ask) for name, ask in self.parts.items()}
        if UNAVAILABLE in found.values():
            body = {"status": UNAVAILABLE, "parts": found}
            return Response(body, status=status.HTTP_503_SERVICE_UNAVAILABLE)
        return Response({"status": OK, "parts": found})


_ANSWERS = {
    200: OpenApiResponse(HealthSerializer, description="Yes."),
    503: OpenApiResponse(HealthSerializer, description="No. The log has the reasons."),
}


class ReadyView(PartsView):
    """Requests can be sent here: database, cache, migrations and signing keys are usable."""

    parts = MappingProxyType(
        {
            "database": database,
            "cache": cache,
            "migrations": migrations,
            "signing_keys": signing_keys,
        }
    )

    @operation("authkit_health_ready", "Can the process take requests?", _ANSWERS)
    def get(self, request: Request) -> Response:
        return super().get(request)


class StartupView(PartsView):
    """Migrations are applied and signing keys usable, without which no request can be answered."""

    parts = MappingProxyType({"migrations": migrations, "signing_keys": signing_keys})

    @operation("authkit_health_startup", "Has the process started?", _ANSWERS)
    def get(self, request: Request) -> Response:
        return super().get(request)


def _state(name: str, ask: Callable[[], object]) -> str:
    """Ask one part. The reason why it is not usable is for administrators, so the log has it."""
    try:
        ask()
    except Exception as error:  # each driver has errors of its own
        sentence = f"Not ready: {name} cannot be used."
        log_counted(logger, logging.ERROR, sentence, error)
        return UNAVAILABLE
    return OK
