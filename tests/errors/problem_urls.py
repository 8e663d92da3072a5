"""Ours, and views of a host that refuse in every way that DRF knows."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import include, path
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken

from tests.errors.urls import RAISED


class Conflict(exceptions.APIException):
    status_code = 409
    default_detail = "This is in use elsewhere."
    default_code = "conflict"


class Numbered(Conflict):
    """An exception whose detail was never text."""

    def __init__(self):
        super().__init__()
        self.detail = {"left": 3, "share": 0.5, "known": True, "owner": None, "code": "numbered"}


class Untitled(exceptions.APIException):
    status_code = 499
    default_code = None


HOSTS = {
    "404": lambda: Http404("No Invoice matches the given query."),
    "403": lambda: PermissionDenied("row 17 of tenant 4"),
    "not-found": lambda: exceptions.NotFound("There is no such invoice.", "no_invoice"),
    "conflict": Conflict,
    "server": exceptions.APIException,
    "untitled": Untitled,
    "numbered": Numbered,
    "dict": lambda: Conflict({"detail": "Lent.", "until": ["Monday"], "type": "x", "status": 1}),
    "dict-without-detail": lambda: Conflict({"until": "Monday"}),
    "list": lambda: Conflict(["Lent.", "Reserved."]),
    "simplejwt": lambda: InvalidToken(
        {"detail": "Given token not valid", "messages": [{"token_class": "AccessToken"}]}
    ),
    "sentence": lambda: exceptions.ValidationError("The two do not fit.", "misfit"),
    "surrogate": lambda: exceptions.ValidationError({"a\ud800": ['"\ud800" is no choice.']}),
    "pointer": lambda: exceptions.ValidationError({"a/b~c": ["Wrong."], "d e": ["Wrong."]}),
    "throttled": lambda: exceptions.Throttled(29.5),
    "unauthenticated": exceptions.NotAuthenticated,
    "crash": lambda: RuntimeError("password=hunter2"),
    **RAISED,
}


class XMLRenderer(BaseRenderer):
    media_type = "application/xml"
    format = "xml"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        raise AssertionError("a problem is JSON")


class CamelRenderer(JSONRenderer):
    """JSON all the same, with a voice of its own."""

    format = "camel"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return super().render({"camel": data}, accepted_media_type, renderer_context)


class HostView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request, name):
        raise HOSTS[name]()


class ManyFormats(HostView):
    renderer_classes = [JSONRenderer, XMLRenderer, BrowsableAPIRenderer]


class XMLFirst(HostView):
    renderer_classes = [XMLRenderer]


class Camel(HostView):
    renderer_classes = [CamelRenderer]


class Never(BaseThrottle):
    def allow_request(self, request, view):
        return False

    def wait(self):
        return 29.5


class Throttled(HostView):
    throttle_classes = [Never]


class LineSerializer(serializers.Serializer):
    sku = serializers.CharField(max_length=3)
    amount = serializers.IntegerField(min_value=1)

    def validate(self, attrs):
        if attrs["amount"] == 13:
            raise serializers.ValidationError("Not thirteen.", "unlucky")
        return attrs


class AddressSerializer(serializers.Serializer):
    city = serializers.CharField()


class OrderSerializer(serializers.Serializer):
    address = AddressSerializer()
    lines = LineSerializer(many=True, allow_empty=False)
    tags = serializers.ListField(child=serializers.IntegerField(), required=False)
    notes = serializers.DictField(child=serializers.IntegerField(), required=False)


class Orders(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request):
        serializer = OrderSerializer(data=request.data, many=isinstance(request.data, list))
        serializer.is_valid(raise_exception=True)
        return Response(serializer.data)


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("host/<str:name>/", HostView.as_view()),
    path("many/<str:name>/", ManyFormats.as_view()),
    path("xml/<str:name>/", XMLFirst.as_view()),
    path("camel/<str:name>/", Camel.as_view()),
    path("throttled/", Throttled.as_view(), {"name": "404"}),
    path("orders/", Orders.as_view()),
]
