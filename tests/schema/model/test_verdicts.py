"""What a deep audit wrote down, and what the hook believes of it."""

from __future__ import annotations

import json

import pytest
from authkit.schema.audit.run import audit, choose_rules, update_verdicts
from authkit.schema.model.source import Source, WrongUsage
from authkit.schema.model.verdicts import WrongVerdicts, read_verdicts
from authkit.schema.probe.tiers import Probe, Tier
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError
from django.http import HttpResponse
from django.urls import path
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import (
    HOOK,
    JWTView,
    OpenView,
    ProtectedView,
    fixed_schema,
    operation,
    route,
    view,
)
from tests.schema.projects.shapes import Detail
from tests.schema.test_command import run


class Tenants:
    """A middleware without which the permission below cannot answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.tenant = "shop"
        if request.path == "/gateway/":
            return HttpResponse(status=403)
        return self.get_response(request)


class OfTheTenant(BasePermission):
    def has_permission(self, request, view):
        return request.tenant == "shop" and request.user.is_authenticated


class Broken(BasePermission):
    def has_permission(self, request, view):
        raise LookupError("no shop")


class OwnObjects(BasePermission):
    def has_object_permission(self, request, view, row):
        return request.user.is_authenticated


class PublicObjects(BasePermission):
    def has_object_permission(self, request, view, row):
        return True


ROUTES = [
    route(view(JWTView, permission_classes=[OfTheTenant]), "tenant/"),
    route(view(JWTView, permission_classes=[OfTheTenant | HasAPIKey]), "key/"),
    path("own/<int:pk>/", view(Detail, permission_classes=[OwnObjects]).as_view()),
    path("public/<int:pk>/", view(Detail, permission_classes=[PublicObjects]).as_view()),
    route(view(JWTView, permission_classes=[Broken]), "broken/"),
    route(OpenView, "gateway/"),
    route(OpenView, "open/"),
    route(ProtectedView, "protected/"),
]
EVERYWHERE = {
    "/tenant/": [{"jwtAuth": []}],
    "/key/": [{"jwtAuth": []}, {"apiKey": []}],
    "/own/{id}/": [{"jwtAuth": []}],
    "/public/{id}/": [{"jwtAuth": []}, {}],
    "/broken/": [{"jwtAuth": []}],
    # What the gateway requires is unknown, and an empty list would say that it is nothing.
    "/gateway/": None,
    "/open/": [],
    "/protected/": [{"jwtAuth": []}],
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(settings, tmp_path, urlconf):
    Group.objects.create(name="first")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Tenants"]
    settings.AUTHKIT = {"SCHEMA_VERDICTS": tmp_path / "verdicts.json"}
    settings.ROOT_URLCONF = urlconf(*ROUTES)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "verdicts.json"


def entries(file):
    return {one["path"]: one for one in json.loads(file.read_text())["operations"]}


def written(*routes):
    document = fixed_schema(*(routes or ROUTES))
    return {at: item["get"].get("security") for at, item in document["paths"].items()}


def test_only_what_the_view_alone_does_not_say_is_written(file):
    update_verdicts(Source())
    found = entries(file)
    assert found.keys() == {"/tenant/", "/key/", "/own/{id}/", "/public/{id}/", "/gateway/"}
    assert found["/tenant/"] == {
        "path": "/tenant/",
        "method": "get",
        "view": "tests.schema.documents.View",
        "alone": "undecided",
        "state": "secured",
        "refusal": 401,
        "accepted": [["rest_framework_simplejwt.authentication.JWTAuthentication"]],
        "tier": "T2",
    }
    assert [found[at]["tier"] for at in ("/own/{id}/", "/gateway/")] == ["T3", "T2"]


def test_the_same_project_gives_the_same_bytes(file):
    update_verdicts(Source())
    first = file.read_bytes()
    update_verdicts(Source())
    assert file.read_bytes() == first


def test_the_hook_writes_what_the_audit_knows(file):
    before = written()
    update_verdicts(Source())
    after = written()
    assert after == EVERYWHERE
    assert before["/public/{id}/"] != after["/public/{id}/"]
    assert "403" in operation(fixed_schema(*ROUTES), "/gateway/")["responses"]


def test_the_audit_finds_the_document_true_with_the_file_and_false_without(file):
    rules = choose_rules(["AK301", "AK302", "AK303", "AK401"], None)

    def findings():
        with patched_settings({"POSTPROCESSING_HOOKS": [HOOK]}):
            return {(one.rule.id, one.place.path) for one in audit(rules=rules).findings}

    before = findings()
    assert ("AK301", "/public/{id}/") in before or ("AK401", "/tenant/") in before
    update_verdicts(Source())
    # What a gateway in front of an open view requires cannot be written down.
    assert findings() == {("AK302", "/gateway/")}


class TestAViewThatHasChanged:
    def now(self, file, view_class, at="tenant/"):
        update_verdicts(Source())
        return written(route(view_class, at))[f"/{at}"]

    def test_into_one_that_decides_alone_is_believed_itself(self, file):
        changed = view(JWTView, permission_classes=[AllowAny])
        assert self.now(file, changed) == [{"jwtAuth": []}, {}]

    def test_into_one_with_other_authenticators_is_probed_alone(self, file):
        other = type("OtherAuthentication", (JWTAuthentication,), {})
        guard = [OfTheTenant | IsAuthenticated]
        changed = view(JWTView, authentication_classes=[other], permission_classes=guard)
        plain = self.now(file, changed)
        file.write_text('{"version": 1, "operations": []}')
        assert written(route(changed, "tenant/"))["/tenant/"] == plain

    def test_into_another_class_is_probed_alone(self, file):
        class Renamed(JWTView):
            permission_classes = [OfTheTenant | AllowAny]

            def get(self, request):
                return Response({})

        assert self.now(file, Renamed) != [{"jwtAuth": []}, {}]
        assert ("/tenant/", "get", "tests.schema.documents.View") in read_verdicts(file)


ENTRY = {
    "path": "/a/",
    "method": "get",
    "view": "shop.View",
    "alone": "undecided",
    "state": "secured",
    "refusal": 401,
    "accepted": [["shop.Auth"]],
    "tier": "T2",
}
WRONG = {
    "empty": "",
    "no JSON": "{",
    "too deep": "[" * 100_000,
    "a list": "[]",
    "another version": '{"version": 2, "operations": []}',
    "no operations": '{"version": 1}',
    "a number of operations": '{"version": 1, "operations": 3}',
    **{
        f"{key} is {value!r}": json.dumps({"version": 1, "operations": [ENTRY | {key: value}]})
        for key, value in [
            ("state", "sure"),
            ("alone", None),
            ("tier", "T9"),
            ("refusal", "401"),
            ("accepted", "shop.Auth"),
            ("accepted", [[3]]),
            ("accepted", [3]),
            ("path", 3),
            ("more", 1),
        ]
    },
    "less": json.dumps({"version": 1, "operations": [{"path": "/a/"}]}),
    "no object": json.dumps({"version": 1, "operations": ["/a/"]}),
}


class TestAFileThatCannotBeUsed:
    @pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
    def test_is_told_by_the_hook_and_changes_nothing(self, file, content, capsys):
        file.write_text('{"version": 1, "operations": []}')
        before = written()
        capsys.readouterr()
        file.write_text(content)
        assert written() == before
        assert f"authkit asked the views alone: {file} " in capsys.readouterr().err

    def test_may_be_absent_the_first_time(self, file, capsys):
        assert written()["/protected/"] == [{"jwtAuth": []}]
        assert "No such file" in capsys.readouterr().err

    def test_is_read_as_it_was_written(self, file):
        file.write_text(json.dumps({"version": 1, "operations": [ENTRY]}))
        (one,) = read_verdicts(file).values()
        assert (one.state, one.accepted) == ("secured", [["shop.Auth"]])
        with pytest.raises(WrongVerdicts, match="cannot be read: Is a directory"):
            read_verdicts(file.parent)


class TestTheCommand:
    def test_writes_the_file_first_and_then_audits(self, file):
        rules = ("--select", "AK301,AK302,AK303", "--exit-zero")
        before, _ = run(*rules, hooks=[HOOK])
        shown, _ = run("--update-verdicts", *rules, hooks=[HOOK])
        assert entries(file)
        assert before.count("AK30") > shown.count("AK30") == 1
        assert f"verdicts.json: {len(entries(file))} decisions are written; commit" in shown
        assert "are written" not in before

    def test_needs_the_file_to_write(self, settings):
        settings.AUTHKIT = {}
        with pytest.raises(CommandError, match="needs AUTHKIT") as error:
            run("--update-verdicts")
        assert error.value.returncode == 2

    def test_says_that_the_file_cannot_be_written(self, settings, tmp_path):
        settings.AUTHKIT = {"SCHEMA_VERDICTS": tmp_path / "nowhere" / "verdicts.json"}
        with pytest.raises(WrongUsage, match="cannot be written: No such file"):
            update_verdicts(Source())


class RefusesByItself(JWTView):
    """Its permissions admit all callers."""

    permission_classes = [AllowAny]

    def get(self, request):
        if request.user.is_anonymous:
            raise PermissionDenied
        return Response({})  # pragma: no cover (no caller is authenticated)


@pytest.mark.parametrize("documented", [False, True])
def test_what_a_handler_refuses_is_believed_before_and_after_it_is_documented(
    db, settings, tmp_path, urlconf, documented
):
    described = extend_schema(responses={200: None, 403: None})
    handler = described(RefusesByItself.get) if documented else RefusesByItself.get
    refuses = route(view(RefusesByItself, get=handler))
    settings.ROOT_URLCONF = urlconf(refuses)
    settings.AUTHKIT = {"SCHEMA_VERDICTS": tmp_path / "verdicts.json"}
    for _ in range(3):  # the later ones see a document that says so already
        with patched_settings({"POSTPROCESSING_HOOKS": [HOOK]}):
            update_verdicts(Source(), Probe(Tier.T4))
        document = fixed_schema(refuses)
        assert operation(document)["security"] == [{"jwtAuth": []}]
        assert "403" in operation(document)["responses"]
