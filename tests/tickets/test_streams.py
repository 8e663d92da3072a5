"""A ticket in the query: of streams alone, with REST framework and without."""

import pytest
from authkit.authentication import (
    JWTAuthentication,
    TicketAuthentication,
    refusal_response,
    resolve,
)
from authkit.errors import AuthkitError
from authkit.models import Ticket
from django.http import JsonResponse
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.conftest import bearer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tickets.test_streams")]


class EventStream(BaseRenderer):
    media_type = "text/event-stream"
    format = "stream"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return str(data).encode()


class Stream(APIView):
    authentication_classes = [JWTAuthentication, TicketAuthentication]
    permission_classes = [IsAuthenticated]
    renderer_classes = [EventStream]

    def get(self, request):
        return Response(f"{request.user.pk} {type(request.auth).__name__}")

    post = get


class JSON(Stream):
    renderer_classes = APIView.renderer_classes


class TokensAlone(JSON):
    authentication_classes = [JWTAuthentication]


def plain(request):
    try:
        found = resolve(request, authenticators=[JWTAuthentication, TicketAuthentication])
    except AuthkitError as error:
        return refusal_response(error)
    return JsonResponse({"user": str(found.user.pk), "session": str(found.session.pk)})


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("stream/", Stream.as_view()),
    path("json/", JSON.as_view()),
    path("tokens/", TokensAlone.as_view()),
    path("plain/", plain),
]

STREAM = {"HTTP_ACCEPT": "text/event-stream"}


def test_an_event_source_is_let_in_once(client, user, get_ticket):
    url = f"/stream/?ticket={get_ticket(path='/stream/')}"
    first, second = (client.get(url, **STREAM) for _ in range(2))
    assert (first.status_code, first.content.decode()) == (200, f"{user.pk} AccessToken")
    assert second.status_code == 401
    assert second["WWW-Authenticate"] == 'Bearer realm="api"'


def test_so_it_is_by_a_plain_view(client, user, get_ticket):
    url = f"/plain/?ticket={get_ticket()}"
    first, second = (client.get(url, **STREAM) for _ in range(2))
    assert first.json()["user"] == str(user.pk)
    assert (second.status_code, second.json()["code"]) == (401, "ticket_invalid")


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [
        ("get", "/json/", {}),
        ("get", "/json/", {"HTTP_ACCEPT": "application/json"}),
        ("post", "/stream/", STREAM),
        ("get", "/plain/", {"HTTP_ACCEPT": "text/event-stream-not, */*"}),
        ("post", "/plain/", STREAM),
    ],
)
def test_nothing_but_a_stream_takes_one(client, get_ticket, method, url, headers):
    response = getattr(client, method)(f"{url}?ticket={get_ticket()}", **headers)
    assert response.status_code == 400
    assert Ticket.objects.get().spent_at is None


def test_one_for_another_path_is_refused_and_spent(client, get_ticket):
    ticket = get_ticket(path="/stream/")
    assert client.get(f"/plain/?ticket={ticket}", **STREAM).status_code == 401
    assert client.get(f"/stream/?ticket={ticket}", **STREAM).status_code == 401


def test_beside_a_token_it_is_ambiguous(client, access, get_ticket):
    url = f"/stream/?ticket={get_ticket()}"
    assert client.get(url, **STREAM, **bearer(access)).status_code == 400
    assert Ticket.objects.get().spent_at is None


@pytest.mark.parametrize("name", ["ticket", "access", "token"])
def test_a_token_in_the_query_is_refused(client, access, name):
    assert client.get(f"/stream/?{name}={access}", **STREAM).status_code in (400, 401)
    assert client.get(f"/stream/?{name}={access}", **STREAM).status_code == 400


def test_a_ticket_is_no_bearer_token(client, get_ticket):
    assert client.get("/tokens/", **bearer(get_ticket())).status_code == 401
    assert client.get(f"/tokens/?ticket={get_ticket()}").status_code == 401


@pytest.mark.parametrize(
    "junk", ["", "x", "%00", "%ff", "%ed%a0%80", "tkt_" + "a" * 43, "a" * 9999]
)
def test_junk_is_refused(client, junk):
    assert client.get(f"/stream/?ticket={junk}", **STREAM).status_code == 401


def test_the_document_says_where_it_goes():
    document = SchemaGenerator().get_schema(request=None, public=True)
    assert document["components"]["securitySchemes"]["ticketAuth"] == {
        "type": "apiKey",
        "in": "query",
        "name": "ticket",
        "description": "A ticket of `ticket/`. It opens one stream, within 30 seconds.",
    }
    security = document["paths"]["/stream/"]["get"]["security"]
    assert [name for one in security for name in one] == ["jwtAuth", "ticketAuth"]
    answers = document["paths"]["/api/v1/auth/ticket/"]["post"]["responses"]
    assert set(answers) == {"201", "400", "401", "403", "415", "429", "503"}
