"""Routes of a project that replaces some views of ours, and leaves out others."""

from authkit import views
from authkit.serializers import CredentialsSerializer
from authkit.urls import urlpatterns as authkit_urls
from django.urls import include, path
from rest_framework import serializers

LEFT_OUT = {
    "api-key",
    "api-key-list",
    "api-key-rotate",
    "reauthenticate",
    "session",
    "token-introspect",
    "token-verify",
}


class LibraryCredentialsSerializer(CredentialsSerializer):
    card = serializers.RegexField("^[0-9]{4}$", help_text="The number of the library card.")


class LibraryLoginView(views.TokenObtainView):
    """Asks for the number of the library card as well."""

    serializer_class = LibraryCredentialsSerializer

    def post(self, request):
        response = super().post(request)
        response["X-Library"] = "open"
        return response


class CountedRefreshView(views.TokenRefreshView):
    def post(self, request):
        return super().post(request)


class PlaceSerializer(views.SessionListView.serializer_class):
    place = serializers.SerializerMethodField(help_text="Where the device seems to be.")

    class Meta(views.SessionListView.serializer_class.Meta):
        fields = ["id", "current", "place"]

    def get_place(self, session) -> str:
        return f"near {session.ip}"


class PlacedSessionsView(views.SessionListView):
    serializer_class = PlaceSerializer


class ShortEventSerializer(views.EventListView.serializer_class):
    class Meta(views.EventListView.serializer_class.Meta):
        fields = ["kind"]


class ShortEventsView(views.EventListView):
    serializer_class = ShortEventSerializer


urlpatterns = [
    path("api/v1/auth/sessions/", PlacedSessionsView.as_view()),
    path("api/v1/auth/events/", ShortEventsView.as_view()),
    path("api/v1/auth/token/", LibraryLoginView.as_view()),
    path("api/v1/auth/token/refresh/", CountedRefreshView.as_view()),
    path(
        "api/v1/auth/",
        include(([one for one in authkit_urls if one.name not in LEFT_OUT], "authkit")),
    ),
]
