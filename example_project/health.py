from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView


class HealthSerializer(serializers.Serializer):
    status = serializers.CharField(help_text="`ok` whenever there is an answer at all.")


class HealthView(APIView):
    """Says that the server answers.

    No credential is looked at, so a load balancer needs none and a bad one does no harm.
    """

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(operation_id="health", tags=["service"], responses=HealthSerializer)
    def get(self, request):
        return Response({"status": "ok"})
