from django.contrib.auth import get_user_model
from django.urls import include, path
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView


class UsersView(APIView):
    """For users who are logged in, like every view of this project."""

    def get(self, request):
        return Response(get_user_model().objects.count())

    def post(self, request):
        """Write, then refuse: the transaction of the request is rolled back."""
        get_user_model().objects.all().update(password="")
        raise ValidationError


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("", include("authkit.well_known")),
    path("users/", UsersView.as_view()),
]
