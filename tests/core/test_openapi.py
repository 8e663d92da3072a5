"""An operation documents what its view, its authenticators and its permissions refuse."""

import pytest
from authkit.core.http.openapi import DONE, EmptySerializer, operation
from authkit.core.http.views import AuthkitView
from authkit.errors import AccountLocked, CodeInvalid, EmailUnverified, TokenInvalid
from django.urls import path
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from drf_spectacular.validation import validate_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission

BODY = ["400", "415"]


class Authenticator(BaseAuthentication):
    refuses = (TokenInvalid,)


class VerifiedToPost(BasePermission):
    refuses = (EmailUnverified,)

    @staticmethod
    def applies_to(method):
        return method == "POST"


class Toy(AuthkitView):
    authentication_classes = [Authenticator]
    permission_classes = [VerifiedToPost]
    serializer_class = EmptySerializer

    @operation("toy_get", "Get", {200: EmptySerializer})
    def get(self, request, number):
        raise NotImplementedError

    @operation("toy_post", "Post", DONE, refuses=[CodeInvalid, AccountLocked])
    def post(self, request, number):
        raise NotImplementedError

    @operation("toy_delete", "Delete", DONE, request=EmptySerializer)
    def delete(self, request, number):
        raise NotImplementedError

    @operation(
        "toy_patch",
        "Patch",
        DONE,
        parameters=[OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH)],
    )
    def patch(self, request, number):
        raise NotImplementedError


def operations(view):
    patterns = [path("toys/<int:number>/", view.as_view())]
    document = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    validate_schema(document)
    return document["paths"]["/toys/{number}/"]


def documented(method):
    return operations(Toy)[method]["responses"]


@pytest.mark.parametrize(
    ("method", "statuses"),
    [
        ("get", ["200", "401", "503"]),
        ("post", ["204", "401", "403", "423", "503", *BODY]),
        ("delete", ["204", "401", "503", *BODY]),
        ("patch", ["204", "401", "404", "503", *BODY]),
    ],
)
def test_the_statuses_follow_from_the_parts_of_the_view(method, statuses):
    assert sorted(documented(method)) == sorted(statuses)


def test_a_description_lists_code_and_sentence_of_each_error():
    assert documented("post")["401"]["description"] == (
        "`token_invalid`: The token is not valid or has expired. "
        "`invalid_code`: The code is not valid."
    )
    assert documented("post")["423"]["description"] == (
        "`account_locked`: This account is locked. See the header `Retry-After`."
    )


def test_the_document_is_in_english_in_every_language():
    with translation.override("de"):
        assert documented("get")["401"]["description"].endswith("is not valid or has expired.")


class BodySerializer(serializers.Serializer):
    more = serializers.CharField()


class Silent(Toy):
    """A subclass that says nothing of the methods that it overrides."""

    permission_classes = []
    serializer_class = BodySerializer

    def post(self, request, number):
        raise NotImplementedError


class Louder(Silent):
    @extend_schema(summary="Louder", tags=["toys"])
    def post(self, request, number):
        raise NotImplementedError


@extend_schema_view(get=extend_schema(summary="Seen"))
class Seen(Silent):
    pass


@extend_schema(tags=["toys"])
class Tagged(Silent):
    pass


def test_a_subclass_that_overrides_a_method_keeps_its_documentation():
    said = operations(Silent)["post"]
    assert (said["operationId"], said["summary"], said["tags"]) == ("toy_post", "Post", [Toy.tag])
    body = said["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Body"}
    assert "content" not in said["responses"]["204"]


def test_the_refusals_of_a_subclass_follow_from_its_own_parts():
    assert sorted(operations(Silent)["post"]["responses"]) == [
        "204",
        "400",
        "401",
        "415",
        "423",
        "503",
    ]
    assert "403" in operations(Toy)["post"]["responses"]


def test_what_a_subclass_says_of_a_method_is_laid_over_that():
    for view in (Louder, Seen, Tagged):
        said = operations(view)
        assert said["post"]["operationId"] == "toy_post"
        assert said["post"]["responses"].keys() == operations(Silent)["post"]["responses"].keys()
    assert operations(Louder)["post"]["summary"] == "Louder"
    assert operations(Louder)["post"]["tags"] == ["toys"]
    assert operations(Louder)["get"]["tags"] == [Toy.tag]
    assert operations(Seen)["get"]["summary"] == "Seen"
    assert operations(Seen)["post"]["summary"] == "Post"
    assert {each["tags"][0] for each in operations(Tagged).values()} == {"toys"}


def test_a_subclass_changes_nothing_of_its_base():
    before = operations(Toy)
    operations(Louder)
    operations(Tagged)
    assert operations(Toy) == before


def test_a_mixin_before_a_view_of_ours_keeps_the_documentation():
    class Counted:
        def post(self, request, number):
            return super().post(request, number)

    assert operations(type("Mixed", (Counted, Toy), {}))["post"]["operationId"] == "toy_post"
