"""An API of 402 operations, 54 of which are documented otherwise than they are served.

Each fault is one that drf-spectacular, or a project with it, really makes. All other operations
are documented as they are served.
"""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import (
    SAFE_METHODS,
    AllowAny,
    BasePermission,
    DjangoModelPermissionsOrAnonReadOnly,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)
from rest_framework.response import Response
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication

OPERATIONS = 402


class NameSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=20)


class NameView(generics.GenericAPIView):
    queryset = Group.objects.order_by("pk")
    serializer_class = NameSerializer
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request, **kwargs):
        return Response({"name": "one"})


class EveryCaller(AllowAny):
    pass


class NoCaller(BasePermission):
    def has_permission(self, request, view):
        return False


class ReadOnly(BasePermission):
    def has_permission(self, request, view):
        return request.method in SAFE_METHODS


class OwnAuthentication(BaseAuthentication):
    """Of a kind that no extension of drf-spectacular describes."""

    def authenticate(self, request):
        return None

    def authenticate_header(self, request):
        return "Own"


def annotated(**written):
    class Annotated(NameView):
        @extend_schema(**written)
        def get(self, request, **kwargs):
            return super().get(request)

    return Annotated


def view(base=NameView, **attributes):
    return type("SeededView", (base,), attributes)


#: Documented as secured, and open.
OPEN = {
    "no permission at all": lambda: view(permission_classes=[]),
    "a subclass of AllowAny": lambda: view(permission_classes=[EveryCaller]),
    "an alternative that is open": lambda: view(permission_classes=[IsAuthenticated | AllowAny]),
    "a refusal negated": lambda: view(permission_classes=[~NoCaller]),
    "permissions of the model, or read": lambda: view(
        permission_classes=[DjangoModelPermissionsOrAnonReadOnly]
    ),
    "an own permission to read": lambda: view(permission_classes=[ReadOnly]),
}
BY_HAND = {
    "operationId": "written_by_hand",
    "responses": {"200": {"description": "The name."}, "401": {"description": "No."}},
}

#: Documented as public, or as optional, and refusing.
CLOSED = {
    "AllowAny beside something stricter": lambda: view(
        permission_classes=[AllowAny, IsAuthenticated]
    ),
    "auth=[] left on a protected view": lambda: annotated(auth=[]),
    "auth=[{}] left on a protected view": lambda: annotated(auth=[{}]),
    "a key without an authenticator": lambda: view(
        authentication_classes=[], permission_classes=[HasAPIKey]
    ),
    "an endpoint that no caller can call": lambda: view(authentication_classes=[]),
    "an authenticator that nothing describes": lambda: view(
        authentication_classes=[OwnAuthentication]
    ),
    "an operation that is written by hand": lambda: annotated(operation=BY_HAND),
}
TRUE = [
    lambda: NameView,
    lambda: view(permission_classes=[IsAdminUser]),
    lambda: view(permission_classes=[AllowAny]),
    lambda: view(permission_classes=[IsAuthenticatedOrReadOnly]),
    lambda: view(authentication_classes=[], permission_classes=[AllowAny]),
    lambda: view(permission_classes=[IsAuthenticated & IsAdminUser]),
]

SEEDED = [(name, make) for name, make in OPEN.items() for _ in range(2)]
SEEDED += [(name, make) for name, make in CLOSED.items() for _ in range(6)]

#: The names of the faults by path.
FAULTS = {f"/seeded/{number}/": name for number, (name, _) in enumerate(SEEDED)}

urlpatterns = [
    *(path(f"seeded/{number}/", make().as_view()) for number, (_, make) in enumerate(SEEDED)),
    *(
        path(f"true/{number}/", TRUE[number % len(TRUE)]().as_view())
        for number in range(OPERATIONS - len(SEEDED))
    ),
]
