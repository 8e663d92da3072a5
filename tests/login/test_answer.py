"""The project's own data in the answers that bring tokens, typed in the document."""

import pytest
from authkit.core.http.views import PublicView
from authkit.login.flows import SecondFactorRequired, complete_login
from authkit.models import SecurityEvent, Session
from authkit.serializers import ProfileSerializer, TokenPairSerializer
from authkit.testing import authenticator_app
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.db import OperationalError
from django.http import JsonResponse
from django.urls import include, path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework import serializers
from rest_framework.response import Response

from tests.conftest import AUTH, PASSWORD, Client, bearer

pytestmark = pytest.mark.django_db

PAIR = {"access", "refresh", "token_type", "expires_in"}
DOORS = ("token/", "token/second-factor/", "token/refresh/")


class LibraryPairSerializer(TokenPairSerializer):
    user = ProfileSerializer(read_only=True)
    session = serializers.UUIDField(source="session.pk", read_only=True)
    shelf = serializers.SerializerMethodField()

    def get_shelf(self, pair) -> str:
        return self.context["request"].build_absolute_uri("/shelf/")


class ShortPairSerializer(TokenPairSerializer):
    refresh = None
    accessToken = serializers.CharField(source="access")


class FaultyPairSerializer(TokenPairSerializer):
    """Fails as it is told."""

    note = serializers.SerializerMethodField()
    outcome = None

    def get_note(self, pair) -> str:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class LinkView(PublicView):
    """A log-in of the project's own."""

    serializer_class = serializers.Serializer

    def post(self, request):
        result = complete_login(request._request, get_user_model().objects.get(), methods=["otp"])
        owes = isinstance(result, SecondFactorRequired)
        return Response(result.data, status=202 if owes else 200)


def page(request):
    """The same in a plain view of Django."""
    user, code = get_user_model().objects.get(), request.GET.get("code")
    result = complete_login(request, user, methods=["otp"], otp=code)
    return JsonResponse(result.data)


urlpatterns = [
    path("link/", LinkView.as_view()),
    path("page/", page),
    path("api/v1/auth/", include("authkit.urls")),
]


def named(settings, serializer):
    path = f"{__name__}.{serializer.__name__}"
    settings.AUTHKIT = {**getattr(settings, "AUTHKIT", {}), "TOKEN_PAIR_SERIALIZER": path}


def credentials(user, **more):
    return {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD, **more}


def made_document():
    GENERATOR_STATS.reset()
    document = SchemaGenerator().get_schema(request=None, public=True)
    validate_schema(document)
    assert not GENERATOR_STATS
    return document


def answered(document, door):
    """Return the schema of the answer with tokens."""
    content = document["paths"][AUTH + door]["post"]["responses"]["200"]["content"]
    reference = content["application/json"]["schema"]["$ref"]
    return document["components"]["schemas"][reference.rpartition("/")[2]]


def test_every_door_that_answers_tokens_answers_the_data(client, user, settings):
    named(settings, LibraryPairSerializer)
    pair = client.pair(user)
    refreshed = client.refresh(pair["refresh"]).json()
    app = authenticator_app(user)
    challenge = client.log_in(user).json()["challenge"]
    answer = {"challenge": challenge, "code": app.code()}
    completed = client.post(AUTH + "token/second-factor/", answer).json()
    at_once = client.post(AUTH + "token/", credentials(user, otp=app.code())).json()
    profile = client.get(AUTH + "me/", **bearer(completed["access"])).json()
    for shown in (pair, refreshed, completed, at_once):
        assert shown.keys() == PAIR | {"user", "session", "shelf"}
        assert shown["user"] == profile
        assert shown["shelf"] == "http://testserver/shelf/"
    assert pair["session"] == refreshed["session"] != completed["session"]
    assert {completed["session"], at_once["session"]} <= {
        str(one) for one in Session.objects.values_list("pk", flat=True)
    }


def test_a_log_in_of_the_project_answers_the_data(client, user, settings):
    settings.ROOT_URLCONF = __name__
    assert client.post("/link/", {}).json().keys() == PAIR
    named(settings, LibraryPairSerializer)
    for url in ("/link/", "/page/"):
        shown = client.post(url, {}).json()
        assert shown["user"]
        assert shown["shelf"] == "http://testserver/shelf/"
    authenticator_app(user)
    owing = client.post("/link/", {})
    assert owing.status_code == 202
    assert owing.json().keys() == {"challenge", "methods", "expires_in"}


def test_the_events_of_a_log_in_in_a_plain_view_have_its_client(client, user, settings):
    settings.ROOT_URLCONF = __name__
    code = authenticator_app(user).recovery_codes[0]
    assert client.get(f"/page/?code={code}").json().keys() == PAIR
    kinds = {"second_factor_used", "session_started"}
    events = SecurityEvent.objects.filter(kind__in=kinds)
    assert {(event.kind, event.ip) for event in events} == {(kind, "127.0.0.1") for kind in kinds}


def test_the_document_has_the_types_of_the_data(settings):
    named(settings, LibraryPairSerializer)
    document = made_document()
    for door in DOORS:
        shown = answered(document, door)["properties"]
        assert shown.keys() == PAIR | {"user", "session", "shelf"}
        assert shown["session"]["format"] == "uuid"
        assert shown["shelf"]["type"] == "string"
        assert "$ref" in str(shown["user"])


def test_a_field_that_is_dropped_or_renamed_is_so_in_answer_and_document(client, user, settings):
    named(settings, ShortPairSerializer)
    document = made_document()
    pair = client.pair(user)
    assert pair.keys() == {"access", "accessToken", "token_type", "expires_in"}
    assert pair["accessToken"] == pair["access"]
    for door in DOORS:
        assert answered(document, door)["properties"].keys() == pair.keys()


FAULTS = {
    "a bug": (RuntimeError("pair"), 500),
    "a dead database": (OperationalError("the directory is down"), 503),
    "what JSON has no form for": ({1, object()}, 500),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_if_the_data_fails_then_nothing_is_spent(user, settings, monkeypatch, fault, sent):
    outcome, status = FAULTS[fault]
    client = Client(raise_request_exception=False)
    app = authenticator_app(user)
    refresh = client.post(AUTH + "token/", credentials(user, otp=app.code())).json()["refresh"]
    answer = {"challenge": client.log_in(user).json()["challenge"], "code": app.code()}
    events = SecurityEvent.objects.count()
    sent.clear()
    named(settings, FaultyPairSerializer)
    monkeypatch.setattr(FaultyPairSerializer, "outcome", outcome)
    for _ in range(2):
        assert client.refresh(refresh).status_code == status
        assert client.post(AUTH + "token/second-factor/", answer).status_code == status
    assert (SecurityEvent.objects.count(), sent) == (events, [])
    monkeypatch.setattr(FaultyPairSerializer, "outcome", "all is well")
    assert client.refresh(refresh).json()["note"] == "all is well"
    completed = client.post(AUTH + "token/second-factor/", answer)
    assert completed.json()["note"] == "all is well"
    assert not SecurityEvent.objects.filter(kind__startswith="token_re").exists()


@pytest.mark.parametrize("wrong", ["library.Pair", f"{__name__}.LinkView", None, 7])
def test_what_describes_no_token_pair_is_found_by_the_check(settings, wrong):
    settings.AUTHKIT = {"TOKEN_PAIR_SERIALIZER": wrong}
    [said] = [one for one in run_checks() if one.id == "authkit.E003"]
    assert "TOKEN_PAIR_SERIALIZER" in said.msg
