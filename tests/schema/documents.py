"""Makes documents and schemas from views, for the tests of this folder."""

from __future__ import annotations

import json

import pytest
from authkit.schema.audit.run import apply_rules
from authkit.schema.model.audited_schema import probe_document
from authkit.schema.openapi.components import record_shared_names
from authkit.schema.probe.tiers import Probe, Tier
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

#: A test of each version of OpenAPI that drf-spectacular writes.
OAS_VERSIONS = pytest.mark.parametrize("version", ["3.0.3", "3.1.1", "3.2.0"])
HOOK = "authkit.schema.hooks.postprocess_schema_security"


class ThingSerializer(serializers.Serializer):
    name = serializers.CharField()


class JWTView(APIView):
    """A view of a project whose only default authenticator is SimpleJWT's."""

    authentication_classes = [JWTAuthentication]
    serializer_class = ThingSerializer

    def get(self, request, **kwargs):
        return Response({})


class ProtectedView(JWTView):
    permission_classes = [IsAuthenticated]


class OpenView(JWTView):
    authentication_classes = []
    permission_classes = [AllowAny]


def view(base=JWTView, **attributes):
    return type("View", (base,), attributes)


def route(view_class, at="thing/"):
    return path(at, view_class.as_view())


def make_schema(*routes, hooks=(), generator_class=SchemaGenerator, **patches):
    """Return the document and the generator that made it."""
    generator = generator_class(patterns=list(routes), api_version=patches.pop("api_version", None))
    with patched_settings({"POSTPROCESSING_HOOKS": list(hooks), **patches}):
        return generator.get_schema(request=None, public=True), generator


def plain_schema(*routes, **patches):
    return make_schema(*routes, **patches)[0]


def fixed_schema(*routes, **patches):
    return make_schema(*routes, hooks=[HOOK], **patches)[0]


def audited_schema(*routes, look=lambda schema: schema, hooks=(), change=None, **patches):
    """Return the audited schema of the document; *change* may spoil the document first.

    *look* reads the schema while the settings are in force.
    """
    generator_class = patches.pop("generator_class", SchemaGenerator)
    probe = patches.pop("probe", Probe(Tier.T1))
    api_version = patches.pop("api_version", None)
    with patched_settings({"POSTPROCESSING_HOOKS": list(hooks), **patches}):
        generator = generator_class(patterns=list(routes), api_version=api_version)
        record_shared_names(generator)
        document = generator.get_schema(request=None, public=True)
        if change is not None:
            change(document)
        return look(probe_document(document, generator, probe))


def report_on(*routes, **options):
    return audited_schema(*routes, look=apply_rules, **options)


def found(rule, *routes, **options):
    """Return ``METHOD /path`` of the findings of *rule* alone."""

    def look(schema):
        return [offence.place.label for offence in rule.look(schema)]

    return audited_schema(*routes, look=look, **options)


def subjects(rule, *routes, **options):
    """Return the subjects of the findings of *rule* alone."""

    def look(schema):
        return [offence.subject for offence in rule.look(schema)]

    return audited_schema(*routes, look=look, **options)


def operation(document, at="/thing/", method="get"):
    return document["paths"][at][method]


def as_bytes(document):
    return json.dumps(document, default=str).encode()
