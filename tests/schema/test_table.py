"""Eighteen ways to configure a view: the decision, the document and the live server agree."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from authkit.schema.audit.run import apply_rules
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Severity
from django.contrib.auth import get_user_model
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import (
    AllowAny,
    BasePermission,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)
from rest_framework.test import APIClient
from rest_framework_api_key.models import APIKey
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import AccessToken

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    JWTView,
    audited_schema,
    fixed_schema,
    plain_schema,
    report_on,
    view,
)


class EveryCaller(AllowAny):
    pass


class ReadersAndUsers(IsAuthenticatedOrReadOnly):
    pass


class Deny(BasePermission):
    def has_permission(self, request, view):
        return False


class OwnJWTAuthentication(JWTAuthentication):
    pass


class StillMarkedOpen(JWTView):
    permission_classes = [IsAuthenticated]

    @extend_schema(auth=[])
    def get(self, request):
        return super().get(request)


JWT = {"jwtAuth": []}
KEY = {"apiKey": []}
COOKIE = {"cookieAuth": []}


@dataclass(frozen=True)
class Row:
    """What drf-spectacular writes, what is true, and which rule tells the two apart."""

    name: str
    view: type
    plain: list | None
    true: list
    state: State
    rule: str | None = None


def row(name, permissions, plain, true, state, rule=None, **attributes):
    view_class = view(permission_classes=permissions, **attributes)
    return Row(name, view_class, plain, true, state, rule)


SECURED, OPTIONAL = State.SECURED, State.OPTIONAL

TABLE = [
    row("default", [IsAuthenticated], [JWT], [JWT], SECURED),
    row("allow-any", [AllowAny], [JWT, {}], [JWT, {}], OPTIONAL),
    row("read-only", [IsAuthenticatedOrReadOnly], [JWT, {}], [JWT, {}], OPTIONAL),
    row("admin", [IsAdminUser], [JWT], [JWT], SECURED),
    row(
        "jwt-and-session",
        [IsAuthenticated],
        [JWT, COOKIE],
        [JWT, COOKIE],
        SECURED,
        authentication_classes=[JWTAuthentication, SessionAuthentication],
    ),
    row("no-permissions", [], [JWT], [JWT, {}], OPTIONAL, "AK301"),
    row("allow-any-subclass", [EveryCaller], [JWT], [JWT, {}], OPTIONAL, "AK301"),
    row("read-only-subclass", [ReadersAndUsers], [JWT], [JWT, {}], OPTIONAL, "AK301"),
    row("user-or-any", [IsAuthenticated | AllowAny], [JWT], [JWT, {}], OPTIONAL, "AK301"),
    row("any-then-user", [AllowAny, IsAuthenticated], [JWT, {}], [JWT], SECURED, "AK303"),
    row("any-then-deny", [AllowAny, Deny], [JWT, {}], [JWT], SECURED, "AK303"),
    row("user-or-key", [IsAuthenticated | HasAPIKey], [JWT], [JWT, KEY], SECURED),
    row("key", [HasAPIKey], [JWT], [KEY], SECURED),
    row("key-and-user", [HasAPIKey, IsAuthenticated], [JWT], [JWT | KEY], SECURED),
    row("key-alone", [HasAPIKey], None, [KEY], SECURED, "AK302", authentication_classes=[]),
    row(
        "jwt-subclass",
        [IsAuthenticated],
        [JWT],
        [JWT],
        SECURED,
        authentication_classes=[OwnJWTAuthentication],
    ),
    row("dead", [IsAuthenticated], None, [], State.CLOSED, "AK304", authentication_classes=[]),
    Row("marked-open", StillMarkedOpen, None, [JWT], SECURED, "AK302"),
]
ROWS = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)

urlpatterns = [path(f"{row.name}/", row.view.as_view()) for row in TABLE]


def route_of(row):
    return path(f"{row.name}/", row.view.as_view())


def operation_of(document, row):
    return document["paths"][f"/{row.name}/"]["get"]


@ROWS
def test_the_table_has_the_eighteen_configurations(row):
    assert len(TABLE) == 18
    assert operation_of(plain_schema(route_of(row)), row).get("security") == row.plain


@ROWS
@OAS_VERSIONS
def test_the_hook_writes_what_is_true(row, version):
    document = fixed_schema(route_of(row), OAS_VERSION=version)
    assert document["openapi"] == version
    assert operation_of(document, row).get("security", None) == row.true


@OAS_VERSIONS
def test_the_whole_table_in_one_document_is_true_as_well(version):
    document = fixed_schema(*urlpatterns, OAS_VERSION=version)
    written = {row.name: operation_of(document, row).get("security") for row in TABLE}
    assert written == {row.name: row.true for row in TABLE}


@ROWS
@OAS_VERSIONS
def test_the_audit_finds_the_lie_without_the_hook_and_nothing_with_it(row, version):
    without = report_on(route_of(row), OAS_VERSION=version)
    lies = [one.rule.id for one in without.findings if one.severity is Severity.ERROR]
    assert lies == ([row.rule] if row.rule else [])
    with_hook = report_on(route_of(row), hooks=[HOOK], OAS_VERSION=version)
    ids = [one.rule.id for one in with_hook.findings if one.severity > Severity.NOTE]
    # Who meant a view to be open is another question, and the hook does not answer it.
    ids = [id_ for id_ in ids if id_ != "AK308"]
    # What the document can be made to say is true now; a dead endpoint stays dead.
    assert ids == (["AK304"] if row.rule == "AK304" else [])


@ROWS
def test_the_decision_is_the_state_of_the_table(row):
    (audited,) = audited_schema(route_of(row)).operations
    assert audited.decision.state is row.state


def test_all_of_the_table_is_decided():
    report = apply_rules(audited_schema(*urlpatterns))
    assert (len(report.operations), report.decided) == (18, 18)


@pytest.fixture
def credentials(db, settings):
    """A valid token and a valid key, in headers that do not exclude each other."""
    settings.API_KEY_CUSTOM_HEADER = "HTTP_X_KEY"
    model = get_user_model()
    user = model(**{model.USERNAME_FIELD: "root@example.com", "is_active": True})
    for power in ("is_staff", "is_superuser"):
        setattr(user, power, True)
    user.set_password("irrelevant")
    user.save()
    _, key = APIKey.objects.create_key(name="test")
    token = AccessToken()
    token["user_id"] = str(user.pk)
    return {
        "jwtAuth": {"HTTP_AUTHORIZATION": f"Bearer {token}"},
        "apiKey": {"HTTP_X_KEY": key},
    }


def admitted(security, presented):
    """Tell what the document promises to a caller who presents these schemes."""
    return not security or any(set(requirement) <= set(presented) for requirement in security)


@ROWS
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    "presented",
    [[], ["jwtAuth"], ["apiKey"], ["jwtAuth", "apiKey"]],
    ids=["anonymous", "jwt", "key", "both"],
)
def test_the_live_server_does_what_the_document_says(row, presented, credentials):
    headers = {}
    for scheme in presented:
        headers |= credentials[scheme]
    operation = operation_of(fixed_schema(route_of(row)), row)
    answer = APIClient().get(f"/{row.name}/", **headers).status_code
    dead = row.name in ("any-then-deny", "dead")
    assert (answer == 200) is (admitted(operation["security"], presented) and not dead)
    if not presented and answer != 200:
        assert str(answer) in operation["responses"]
