from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView


class Books(APIView):
    def get(self, request):
        return Response([])


urlpatterns = [
    path("books/", Books.as_view()),
    path("api/v1/auth/", include("authkit.urls")),
]
