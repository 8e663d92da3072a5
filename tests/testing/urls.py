"""A project's own views, beside the endpoints."""

from authkit.permissions import HasScope, HasSecondFactor, RecentlyAuthenticated
from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView


class Named(APIView):
    def get(self, request):
        return Response({"user": str(getattr(request.user, "pk", None))})


def guarded(*permissions):
    return Named.as_view(permission_classes=permissions)


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("plain/", guarded(IsAuthenticated)),
    path("recent/", guarded(RecentlyAuthenticated)),
    path("mfa/", guarded(HasSecondFactor)),
    path("books/", guarded(HasScope("books:read"))),
]
