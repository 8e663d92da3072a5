from authkit.authentication import JWTAuthentication
from authkit.throttling import ScopedThrottle
from django.db import IntegrityError
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from example_project.chat import conversation
from example_project.chat.models import ChatSession, Thread
from example_project.chat.serializers import (
    ChatHistorySerializer,
    ChatSessionSerializer,
    TextSerializer,
    ThreadSerializer,
)
from example_project.chat.streams import CONTENT_TYPE, event_stream
from example_project.errors import FORBIDDEN_RESPONSE, TOO_MANY_RESPONSE
from example_project.tasks.permissions import IsOwner

EVENTS = """
event: message
data: {"id": 1, "role": "user", "text": "list", ...}

event: tool_call
data: {"name": "list_tasks", "arguments": {}, "result": {"tasks": [], "count": 0}, ...}

event: delta
data: {"text": "You have no open tasks."}

event: done
data: {"id": 2, "role": "assistant", "text": "You have no open tasks.", "tool_calls": [...], ...}
""".lstrip()
STREAM_RESPONSE = OpenApiResponse(
    OpenApiTypes.STR,
    description=(
        "Server-sent events, the data of each as JSON: `message` is what was kept of the request; "
        "`tool_call` and `delta`, in turn, what was done and said; `done` the whole answer. "
        "`error` ends an answer that was cut off."
    ),
    examples=[OpenApiExample("Events", EVENTS)],
)


@extend_schema(tags=["chat"])
@extend_schema_view(
    retrieve=extend_schema(responses={200: ChatHistorySerializer, 403: FORBIDDEN_RESPONSE}),
    destroy=extend_schema(responses={204: None, 403: FORBIDDEN_RESPONSE}),
)
class ChatSessionViewSet(
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):
    """Your conversations with the assistant, the newest first. Other users' are refused."""

    # Like the tasks, which the assistant changes: they belong to a person, and no key opens them.
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated, IsOwner]
    queryset = ChatSession.objects.newest_first()
    serializer_class = ChatSessionSerializer
    lookup_value_converter = "uuid"
    throttle_scope = None

    def get_queryset(self):
        queryset = super().get_queryset()
        return queryset.owned_by(self.request.user) if self.action == "list" else queryset

    def get_serializer_class(self):
        return ChatHistorySerializer if self.action == "retrieve" else self.serializer_class

    def perform_content_negotiation(self, request, force=False):
        # Clients of a stream accept only that; what is refused is JSON all the same.
        return super().perform_content_negotiation(request, force or self.action == "messages")

    @extend_schema(
        request=None,
        responses={200: ThreadSerializer, 201: ThreadSerializer, 403: FORBIDDEN_RESPONSE},
    )
    @action(detail=True, methods=["post"])
    def threads(self, request, pk):
        """Open the thread of a session: 201, and the same one with 200 from then on."""
        session = self.get_object()
        try:
            thread, is_new = Thread.objects.get_or_create(session=session)
        except IntegrityError:  # the session was deleted meanwhile
            raise Http404 from None
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(ThreadSerializer(thread).data, status=code)

    @extend_schema(
        request=TextSerializer,
        responses={
            (200, CONTENT_TYPE): STREAM_RESPONSE,
            403: FORBIDDEN_RESPONSE,
            429: TOO_MANY_RESPONSE,
        },
    )
    @action(
        detail=True,
        methods=["post"],
        throttle_classes=[ScopedThrottle],
        throttle_scope="chat",
    )
    def messages(self, request, pk):
        """Ask the assistant, who adds, lists, completes, updates and deletes your tasks."""
        session = self.get_object()
        body = TextSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            question = conversation.ask(session, body.validated_data["text"])
        except IntegrityError:  # the session was deleted meanwhile
            raise Http404 from None
        return event_stream(request, conversation.answer(request.user, question))
