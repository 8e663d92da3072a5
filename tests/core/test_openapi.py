"""An operation documents what its view, its authenticators and its permissions refuse."""

import pytest
from authkit.core.http.openapi import DONE, EmptySerializer, operation
from authkit.core.http.views import AuthkitView
from authkit.errors import AccountLocked, CodeInvalid, EmailUnverified, TokenInvalid
from django.urls import path
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
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


def documented(method):
    patterns = [path("toys/<int:number>/", Toy.as_view())]
    document = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    return document["paths"]["/toys/{number}/"][method]["responses"]


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
