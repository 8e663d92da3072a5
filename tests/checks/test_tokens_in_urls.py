"""authkit.W027: an authenticator of the project that takes tokens from the query."""

from urllib.parse import parse_qs

import pytest
from authkit.authentication import (
    APIKeyAuthentication,
    BearerAuthentication,
    JWTAuthentication,
    TicketAuthentication,
)
from authkit.checks.project.tokens_in_urls import check_tokens_in_urls
from django.core.checks import run_checks
from django.test import override_settings

from tests.checks.test_authenticators import OURS, Urls, view


class ByAttribute(JWTAuthentication):
    query_parameter = "token"


class ByGet(JWTAuthentication):
    def get_credential(self, request):
        return request.GET.get("token") or super().get_credential(request)


class ByDRF(BearerAuthentication):
    def authenticate(self, request):
        token = request.query_params.get("token")
        return self.verify(request, token) if token else None


class ByEnvironment(JWTAuthentication):
    def get_credential(self, request):
        def query():
            return parse_qs(request.META["QUERY_STRING"])

        return query()["token"][0]


class Inherited(ByGet):
    pass


class ByHeader(JWTAuthentication):
    keyword = "Token"

    def get_credential(self, request):
        return request.headers.get("X-Token")


class KeyInQuery(APIKeyAuthentication):
    query_parameter = "key"  # authkit.W012, with --deploy


class OtherName(TicketAuthentication):
    query_parameter = "t"


def found(*authenticators):
    urls = Urls(OURS, view(authentication_classes=[*authenticators]))
    with override_settings(ROOT_URLCONF=urls, REST_FRAMEWORK={}):
        return check_tokens_in_urls()


@pytest.mark.parametrize("kind", [ByAttribute, ByGet, ByDRF, ByEnvironment, Inherited])
def test_it_is_named(kind):
    (warning,) = found(JWTAuthentication, kind)
    assert warning.id == "authkit.W027"
    assert warning.msg.startswith(f"{__name__}.{kind.__name__} takes access tokens from the query")
    assert "ticket/" in warning.hint


@pytest.mark.parametrize(
    "kind",
    [
        JWTAuthentication,
        BearerAuthentication,
        ByHeader,
        KeyInQuery,
        TicketAuthentication,
        OtherName,
    ],
)
def test_others_are_passed_in_silence(kind):
    assert found(kind) == []


def test_check_runs_it():
    urls = Urls(OURS, view(authentication_classes=[ByGet]))
    with override_settings(ROOT_URLCONF=urls):
        assert "authkit.W027" in {message.id for message in run_checks()}
