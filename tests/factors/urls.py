"""A host's own views and admin sites beside ours."""

from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.factors.admin_site import SecondFactorAdminSite
from authkit.models import TOTPDevice
from authkit.permissions import HasSecondFactor, RecentlyAuthenticated
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.views import LoginView
from django.urls import include, path
from django_otp.admin import OTPAdminSite
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication as SimpleJWTAuthentication
from rest_framework_simplejwt.views import TokenRefreshView

ours = SecondFactorAdminSite(name="ours")
theirs = OTPAdminSite(name="theirs")
for site in (ours, theirs):
    site.register(get_user_model(), admin.ModelAdmin)
    site.register(TOTPDevice, admin.ModelAdmin)


class OpenSecret(RecentlyAuthenticated):
    max_age = 60


class HostView(APIView):
    authentication_classes = [JWTAuthentication, APIKeyAuthentication, SessionAuthentication]

    def get(self, request):
        return Response({"user": str(request.user.pk)})

    post = get


class SimpleJWTView(HostView):
    authentication_classes = [SimpleJWTAuthentication]


def host(*permissions):
    return HostView.as_view(permission_classes=permissions)


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("admin/", admin.site.urls),
    path("ours/", ours.urls),
    path("theirs/", theirs.urls),
    path("login/", LoginView.as_view(template_name="admin/login.html")),
    path("simplejwt/", SimpleJWTView.as_view()),
    path("simplejwt/refresh/", TokenRefreshView.as_view()),
    path("plain/", host(IsAuthenticated)),
    path("open/", host(AllowAny)),
    path("mfa/", host(IsAuthenticated, HasSecondFactor)),
    path("mfa-alone/", host(HasSecondFactor)),
    path("recent/", host(IsAuthenticated, RecentlyAuthenticated)),
    path("recent-alone/", host(RecentlyAuthenticated)),
    path("minute/", host(OpenSecret)),
    path("both/", host(HasSecondFactor, RecentlyAuthenticated)),
]
