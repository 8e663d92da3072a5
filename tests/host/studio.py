"""Views of the studio. Its serializers are named like authkit's, and mean something else."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView


class SessionSerializer(serializers.Serializer):
    """An hour on the mat."""

    title = serializers.CharField()
    methods = serializers.MultipleChoiceField(choices=["hatha", "yin"])
    kind = serializers.ChoiceField(choices=["beginners", "everyone"])


class ProfileSerializer(serializers.Serializer):
    nickname = serializers.CharField(max_length=30)


class ErrorSerializer(serializers.Serializer):
    """What went wrong on the mat."""

    limb = serializers.CharField()


class SessionsView(APIView):
    @extend_schema(responses=SessionSerializer(many=True))
    def get(self, request):
        return Response([])


class ProfileView(APIView):
    @extend_schema(responses=ProfileSerializer)
    def get(self, request):
        return Response({"nickname": request.user.get_username()})


class AccidentsView(APIView):
    @extend_schema(request=ErrorSerializer, responses={201: ErrorSerializer})
    def post(self, request):
        accident = ErrorSerializer(data=request.data)
        accident.is_valid(raise_exception=True)
        return Response(accident.data, 201)
