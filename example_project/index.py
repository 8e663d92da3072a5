from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

#: Where a reader goes first, by the names of their routes.
ROUTES = {
    "documentation": "docs",
    "schema": "schema",
    "log_in": "authkit:token-obtain",
    "books": "book-list",
    "loans": "loan-list",
    "tasks": "task-list",
    "chat": "chatsession-list",
    "chat_page": "chat-page",
    "health": "authkit_health:ready",
}
ADDRESSES = {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}


class IndexView(APIView):
    """Says where the API begins. No credential is looked at."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(operation_id="index", tags=["service"], responses={200: ADDRESSES})
    def get(self, request):
        return Response({name: reverse(route, request=request) for name, route in ROUTES.items()})
