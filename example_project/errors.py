from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers, status
from rest_framework.exceptions import APIException


class Conflict(APIException):
    """The request is well made and allowed, and the state of things stands against it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "This is in use elsewhere."
    default_code = "conflict"


class ConflictSerializer(serializers.Serializer):
    detail = serializers.CharField()


class RefusalSerializer(serializers.Serializer):
    """What ``authkit.errors.exception_handler`` answers where access is refused."""

    detail = serializers.CharField()
    code = serializers.CharField()


CONFLICT_RESPONSE = OpenApiResponse(ConflictSerializer, description="The state does not allow it.")
TOO_MANY_RESPONSE = OpenApiResponse(
    RefusalSerializer, description="Too often: come back after `Retry-After` seconds."
)
STEP_UP_RESPONSE = OpenApiResponse(
    RefusalSerializer,
    description="No valid credential; or, with `step_up_required`, prove again who you are.",
)
FORBIDDEN_RESPONSE = OpenApiResponse(RefusalSerializer, description="It belongs to another user.")
