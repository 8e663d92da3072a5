"""A generated API: view sets, generic views and functions of many kinds, as many as asked for."""

from __future__ import annotations

import os

from django.contrib.auth.models import Group
from django.urls import include, path
from rest_framework import generics, permissions, serializers, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

OPERATIONS = int(os.environ.get("BENCHMARK_OPERATIONS", "400"))

#: Of ten resources, what each one asks of its callers.
PERMISSIONS = [
    [permissions.IsAuthenticated],
    [permissions.IsAuthenticated],
    [permissions.IsAuthenticated],
    [permissions.IsAuthenticatedOrReadOnly],
    [permissions.IsAdminUser],
    [permissions.AllowAny],
    [],
    [permissions.IsAuthenticated & permissions.IsAdminUser],
    [permissions.DjangoModelPermissions],
    [type("Own", (permissions.IsAuthenticated,), {"message": "Members only."})],
]


def serializer(number):
    fields = {
        f"field_{index}": serializers.CharField(max_length=100 + index) for index in range(8)
    } | {"number": serializers.IntegerField(), "day": serializers.DateField()}
    return type(f"Thing{number}Serializer", (serializers.Serializer,), fields)


def view_set(number):
    """Return a view set of eight operations."""

    @action(detail=True, methods=["get", "post"])
    def history(self, request, pk=None):
        return Response({})

    body = {
        "queryset": Group.objects.order_by("pk"),
        "serializer_class": serializer(number),
        "permission_classes": PERMISSIONS[number % len(PERMISSIONS)],
        "history": history,
    }
    return type(f"Thing{number}ViewSet", (viewsets.ModelViewSet,), body)


def plain_view(number):
    """Return a view of one operation."""
    body = {
        "serializer_class": serializer(number + 100_000),
        "permission_classes": PERMISSIONS[number % len(PERMISSIONS)],
    }
    return type(f"Plain{number}View", (generics.CreateAPIView,), body)


def function(number):
    """Return a function view of one operation."""

    def view(request):
        return Response({})

    view.__name__ = f"function_{number}"
    decorated = permission_classes(PERMISSIONS[number % len(PERMISSIONS)])(view)
    return api_view(["DELETE"])(decorated)


def resources():
    for number in range(OPERATIONS // 10):
        router = SimpleRouter()
        router.register(f"things-{number}", view_set(number), basename=f"things-{number}")
        plain = path(f"plain-{number}/", plain_view(number).as_view())
        yield path(
            f"part-{number}/",
            include([*router.urls, plain, path(f"function-{number}/", function(number))]),
        )


def flat():
    """One level of routes that have nothing to describe: beside them an audit costs most."""
    for number in range(OPERATIONS):
        yield path(f"api/function-{number}/", function(number))


if os.environ.get("BENCHMARK_FLAT") == "1":
    urlpatterns = list(flat())
else:
    urlpatterns = [path("api/", include(list(resources())))]
