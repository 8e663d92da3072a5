"""Views of adrf: its view sets, generic views and function views run on an event loop."""

from adrf import generics, viewsets
from adrf.decorators import api_view
from adrf.routers import SimpleRouter
from adrf.serializers import ModelSerializer
from adrf.views import APIView
from django.contrib.auth.models import Group
from django.urls import include, path
from rest_framework.decorators import permission_classes
from rest_framework.permissions import (
    AllowAny,
    BasePermission,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)
from rest_framework.response import Response


class GroupSerializer(ModelSerializer):
    class Meta:
        model = Group
        fields = ("id", "name")


class OnWeekdays(BasePermission):
    async def has_permission(self, request, view):
        return request.user.is_authenticated


class ReadersToo(IsAuthenticatedOrReadOnly):
    pass


class Groups(viewsets.ModelViewSet):
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer
    permission_classes = (ReadersToo,)


class GroupList(generics.ListCreateAPIView):
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer
    permission_classes = (OnWeekdays,)


class GroupDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer
    permission_classes = (IsAuthenticated,)


class Health(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    async def get(self, request) -> dict:
        return Response({})


class Composed(APIView):
    permission_classes = (OnWeekdays & IsAuthenticated,)

    async def get(self, request) -> dict:
        return Response({})


@api_view(["GET", "POST"])
@permission_classes([IsAuthenticated])
async def echo(request) -> dict:
    return Response({})


router = SimpleRouter()
router.register("groups", Groups)

urlpatterns = [
    path("", include(router.urls)),
    path("list/", GroupList.as_view()),
    path("list/<int:pk>/", GroupDetail.as_view()),
    path("health/", Health.as_view()),
    path("composed/", Composed.as_view()),
    path("echo/", echo),
]
