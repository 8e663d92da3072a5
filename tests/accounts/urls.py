"""A host's own view beside ours, for those whose address is proved."""

from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.permissions import HasVerifiedEmail
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView


class NewsletterView(APIView):
    authentication_classes = [JWTAuthentication, APIKeyAuthentication]
    permission_classes = [HasVerifiedEmail]

    def get(self, request):
        return Response({"user": str(request.user.pk)})


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("newsletter/", NewsletterView.as_view()),
]
