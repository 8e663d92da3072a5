from authkit import throttling
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from django.urls import include, path
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

TIERS = [
    throttling.AnonymousThrottle,
    throttling.UserThrottle,
    throttling.APIKeyThrottle,
    throttling.StaffThrottle,
]


class Tiered(APIView):
    authentication_classes = [JWTAuthentication, APIKeyAuthentication, SessionAuthentication]
    permission_classes = [AllowAny]
    throttle_classes = TIERS

    def get(self, request, **kwargs):
        return Response()


class Export(Tiered):
    throttle_classes = [throttling.ScopedThrottle]
    throttle_scope = "export"


class Unnamed(Tiered):
    throttle_classes = [throttling.ScopedThrottle]


class Trial(throttling.UserThrottle):
    scope = "trial"

    def applies_to(self, request):
        return super().applies_to(request) and "trial" in request.user.get_username()


class Trials(Tiered):
    throttle_classes = [Trial]


class OncePerDay(throttling.RateThrottle):
    scope = "once"
    rate = "1/day"


class Once(Tiered):
    throttle_classes = [OncePerDay]


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("tiered/", Tiered.as_view()),
    path("export/", Export.as_view()),
    path("another-export/", Export.as_view()),
    path("unnamed/", Unnamed.as_view()),
    path("trials/", Trials.as_view()),
    path("once/", Once.as_view()),
]
