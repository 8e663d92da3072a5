from authkit.authentication import APIKeyAuthentication, BearerAuthentication
from authkit.permissions import HasScope, HasSecondFactor
from authkit.throttling import AnonymousThrottle
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.host.studio import AccidentsView, ProfileView, SessionsView


class UsersView(APIView):
    """For users who are logged in, like every view of this project."""

    @extend_schema(responses=int)
    def get(self, request):
        return Response(get_user_model().objects.count())

    @extend_schema(request=None, responses=int)
    def post(self, request):
        """Write, then refuse: the transaction of the request is rolled back."""
        get_user_model().objects.all().update(password="")
        raise ValidationError


class PayoutsView(UsersView):
    permission_classes = [HasSecondFactor]


class BooksView(UsersView):
    authentication_classes = [BearerAuthentication, APIKeyAuthentication]
    permission_classes = [HasScope("books:read")]


class OncePerDay(AnonymousThrottle):
    rate = "1/day"


class NewsView(UsersView):
    permission_classes = [AllowAny]
    throttle_classes = [OncePerDay]


class IsOwner(BasePermission):
    code = "not_yours"

    def has_permission(self, request, view):
        return False


class InvoicesView(UsersView):
    permission_classes = [IsOwner]


class ReportsView(APIView):
    @extend_schema(responses=int)
    def get(self, request):
        raise PermissionDenied("row 17")


class LostView(APIView):
    @extend_schema(responses=int)
    def get(self, request):
        raise Http404


urlpatterns = [
    path("rest/identity/", include("authkit.urls")),
    path("rest/identity/", include("authkit.cookie_urls")),
    path("", include("authkit.well_known")),
    path("users/", UsersView.as_view()),
    path("payouts/", PayoutsView.as_view()),
    path("books/", BooksView.as_view()),
    path("news/", NewsView.as_view()),
    path("invoices/", InvoicesView.as_view()),
    path("reports/", ReportsView.as_view()),
    path("lost/", LostView.as_view()),
    path("sessions/", SessionsView.as_view()),
    path("me/", ProfileView.as_view()),
    path("accidents/", AccidentsView.as_view()),
    path("__debug__/", include("debug_toolbar.urls")),
]
