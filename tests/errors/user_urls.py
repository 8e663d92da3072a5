"""Views of a project that takes bearer tokens, alone and behind cookie sessions."""

from authkit.authentication import JWTAuthentication
from django.urls import include, path
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView


class UserView(APIView):
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"user": str(request.user.pk)})


class SessionUserView(UserView):
    authentication_classes = [SessionAuthentication, JWTAuthentication]


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("user/", UserView.as_view()),
    path("session-user/", SessionUserView.as_view()),
]
