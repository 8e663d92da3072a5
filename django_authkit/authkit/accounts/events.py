from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http.openapi import LISTED, operation
from authkit.events.models import SecurityEvent, SecurityEventQuerySet
from authkit.events.serializers import SecurityEventSerializer
from authkit.sessions.access.owner import OwnerView, current_user

#: The years that every database supports.
YEARS = range(1970, 9999)


class EventPagination(CursorPagination):
    """Pages of constant cost, which do not shift when new events arrive."""

    ordering = ("-created_at", "-id")
    page_size = 50

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        # DRF passes the client's cursor to the database without validation.
        if (
            cursor is not None
            and cursor.position is not None
            and not _is_moment(str(cursor.position))
        ):
            raise NotFound(self.invalid_cursor_message)
        return cursor


class EventListView(OwnerView, ListAPIView[SecurityEvent]):
    serializer_class = SecurityEventSerializer
    pagination_class = EventPagination
    filter_backends = []

    def get_queryset(self) -> SecurityEventQuerySet:
        return SecurityEvent.objects.of(current_user(self.request))

    @operation(
        "authkit_events_list",
        "List the security events of your account, newest first",
        {200: LISTED},
        refuses=[NotFound],
        description="`next` is the URL of the following page. An invalid cursor is not found.",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)


def _is_moment(text: str) -> bool:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return False
    return moment is not None and moment.year in YEARS and is_aware(moment) == settings.USE_TZ
