"""Views behind OAuth 2, with each permission of django-oauth-toolkit and without."""

from django.contrib.auth.models import Group
from django.urls import include, path
from oauth2_provider.contrib.rest_framework import (
    IsAuthenticatedOrTokenHasScope,
    OAuth2Authentication,
    TokenHasReadWriteScope,
    TokenHasScope,
    TokenMatchesOASRequirements,
)
from rest_framework import generics, permissions, serializers, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.routers import SimpleRouter


class GroupSerializer(serializers.ModelSerializer):
    class Meta:
        model = Group
        fields = ("id", "name")


class TenantAuthentication(OAuth2Authentication):
    """Described by no extension of its own."""


class Groups(viewsets.ModelViewSet):
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer


class WithScope(Groups):
    permission_classes = (TokenHasScope,)
    required_scopes = ("groups",)


class ReadWrite(Groups):
    permission_classes = (permissions.IsAuthenticated, TokenHasReadWriteScope)


class OfTenants(Groups):
    authentication_classes = (TenantAuthentication,)


class Readable(Groups):
    permission_classes = (permissions.IsAuthenticatedOrReadOnly,)


class BySessionToo(Groups):
    authentication_classes = (OAuth2Authentication, SessionAuthentication)
    permission_classes = (IsAuthenticatedOrTokenHasScope,)
    required_scopes = ("groups",)


class ByMethod(generics.ListCreateAPIView):
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer
    permission_classes = (TokenMatchesOASRequirements,)
    required_alternate_scopes = {"GET": [["read"]], "POST": [["write"], ["groups"]]}


router = SimpleRouter()
for name, view in (
    ("groups", Groups),
    ("scope", WithScope),
    ("read-write", ReadWrite),
    ("tenants", OfTenants),
    ("readable", Readable),
    ("session", BySessionToo),
):
    router.register(name, view, basename=name)

urlpatterns = [path("", include(router.urls)), path("by-method/", ByMethod.as_view())]
