"""How the document describes a refusal of drf-standardized-errors, whatever its code.

By default it lists the codes of REST framework; this is the recipe of standardized-errors.md.
"""

from rest_framework import serializers


class OneErrorSerializer(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class RefusalSerializer(serializers.Serializer):
    type = serializers.ChoiceField(["client_error"])
    errors = OneErrorSerializer(many=True)
