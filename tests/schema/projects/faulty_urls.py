"""Routes with something to find on each: every format shows them."""

from __future__ import annotations

from rest_framework.permissions import AllowAny, BasePermission

from tests.schema.documents import JWTView, OpenView, ProtectedView, route


class Raises(BasePermission):
    def has_permission(self, request, view):
        raise ValueError("no <tenant> & no | key")


class LoginView(JWTView):
    permission_classes = []


class BrokenView(JWTView):
    permission_classes = [Raises]


class ProfileView(JWTView):
    permission_classes = [AllowAny]


urlpatterns = [
    route(LoginView, "login/"),
    route(ProtectedView, "reports/"),
    route(BrokenView, "broken/"),
    route(OpenView, "health/"),
    route(ProfileView, "profile/"),
]
