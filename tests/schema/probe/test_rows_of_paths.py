"""Paths are filled with rows, several if need be, until one leads to the view's own decision."""

from __future__ import annotations

import json

import pytest
from authkit.schema.audit.run import audit
from authkit.schema.model.source import Source
from authkit.schema.model.verdicts import write_verdicts
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.results.findings import Severity
from django.contrib.auth.models import Group, Permission
from django.db import connection, models
from django.shortcuts import get_object_or_404
from django.test import Client
from django.test.utils import isolate_apps
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.response import Response

from tests.schema.documents import (
    OAS_VERSIONS,
    JWTView,
    OpenView,
    audited_schema,
    fixed_schema,
    plain_schema,
    report_on,
    route,
    view,
)
from tests.schema.projects.shapes import GroupSerializer
from tests.schema.test_command import run

pytestmark = pytest.mark.django_db

DEEP = Probe(Tier.T3)


class OfARow(GenericAPIView):
    """Looks for the row of its path before it asks who calls, and is documented as public.

    ``finds`` are the lookups by placeholder.
    """

    authentication_classes = JWTView.authentication_classes
    permission_classes = [IsAuthenticated]
    serializer_class = GroupSerializer
    rows = Group.objects
    finds = {}

    def initial(self, request, *args, **kwargs):
        get_object_or_404(self.rows, **{self.finds[name]: kwargs[name] for name in kwargs})
        super().initial(request, *args, **kwargs)

    @extend_schema(auth=[])
    def get(self, request, **kwargs):
        return Response({})


def of_a_row(at, **attributes):
    return path(at, view(OfARow, **attributes).as_view())


PERMISSIONS = {"queryset": Permission.objects.all(), "rows": Permission.objects}
ROUTES = {
    "the lookup of several": of_a_row("<str:groups_name>/", finds={"groups_name": "name"}),
    "the lookup of one": of_a_row("<str:group_name>/", finds={"group_name": "name"}),
    "its lookup": of_a_row("<str:name>/", lookup_field="name", finds={"name": "name"}),
    "its lookup, compared otherwise": of_a_row(
        "<str:name>/",
        lookup_field="name__iexact",
        lookup_url_kwarg="name",
        finds={"name": "name__iexact"},
    ),
    "its lookup over a relation": of_a_row(
        "<str:model>/<str:codename>/",
        **PERMISSIONS,
        lookup_field="codename",
        parent_lookup_kwargs={"model": "content_type__model"},
        finds={"model": "content_type__model", "codename": "codename"},
    ),
    "the parent of its row": of_a_row(
        "<str:content_type_model>/<int:pk>/",
        **PERMISSIONS,
        finds={"content_type_model": "content_type__model", "pk": "pk"},
    ),
    "the parent of its row, by drf-extensions": of_a_row(
        "<str:parent_lookup_content_type__model>/<int:pk>/",
        **PERMISSIONS,
        finds={"parent_lookup_content_type__model": "content_type__model", "pk": "pk"},
    ),
    "a row of its queryset": of_a_row(
        "<int:pk>/",
        queryset=Group.objects.filter(name="third"),
        rows=Group.objects.filter(name="third"),
        finds={"pk": "pk"},
    ),
    "a row of its manager": of_a_row("<int:pk>/", queryset=Group.objects, finds={"pk": "pk"}),
    "a row that is not the first": of_a_row(
        "<int:group_pk>/", rows=Group.objects.filter(name="third"), finds={"group_pk": "pk"}
    ),
}


@pytest.fixture
def groups():
    return [Group.objects.create(name=name) for name in ("first", "second", "third")]


IN_ALL = pytest.mark.parametrize("kind", ROUTES)


@IN_ALL
def test_a_row_is_found(groups, kind):
    (alone,) = audited_schema(ROUTES[kind], probe=Probe(Tier.T1)).operations
    (deep,) = audited_schema(ROUTES[kind], probe=DEEP).operations
    assert alone.decision.state is State.UNDECIDED
    assert (deep.decision.state, deep.decision.refusal, deep.decision.tried) == (
        State.SECURED,
        401,
        (),
    )


@IN_ALL
@OAS_VERSIONS
def test_so_a_lie_is_found_and_can_be_fixed(groups, kind, version, settings, tmp_path):
    options = {"OAS_VERSION": version}
    report = report_on(ROUTES[kind], probe=DEEP, **options)
    assert [one.rule.id for one in report.findings if one.severity is Severity.ERROR] == ["AK302"]
    assert fixed_schema(ROUTES[kind], **options) == plain_schema(ROUTES[kind], **options)
    settings.AUTHKIT = {"SCHEMA_VERDICTS": tmp_path / "verdicts.json"}
    alone, deep = (
        audited_schema(ROUTES[kind], probe=probe, **options) for probe in (Probe(Tier.T1), DEEP)
    )
    write_verdicts(tmp_path / "verdicts.json", alone, deep)
    (item,) = fixed_schema(ROUTES[kind], **options)["paths"].values()
    assert item["get"]["security"] == [{"jwtAuth": []}]


class TestWithoutARow:
    """What was tried is said, and what to type."""

    @pytest.fixture
    def name(self, urlconf):
        return urlconf(
            path("status/", OpenView.as_view()),
            of_a_row("of/<str:groups_name>/", finds={"groups_name": "name"}),
            of_a_row(
                "by/<str:groups_name>/<int:year>/", finds={"groups_name": "name", "year": "pk"}
            ),
        )

    def test_the_report_says_so_once(self, name):
        shown, _ = run("--urlconf", name, "--tier", "T3", "--format", "json", "--exit-zero")
        assert json.loads(shown)["notices"] == [
            "No row was found for the paths of 2 operations. Name values: "
            "--param groups_name=... --param year=..."
        ]

    def test_the_explanation_says_so(self, name):
        shown, _ = run("--urlconf", name, "--tier", "T3", "--explain", "GET", "/of/{groups_name}/")
        assert "  tried           /of/1/\n                  --param groups_name=...\n" in shown

    def test_what_is_named_is_said_no_more(self, name):
        options = ("--urlconf", name, "--tier", "T3", "--format", "json", "--exit-zero")
        shown, _ = run(*options, "--param", "groups_name=first", "--param", "year=2026")
        report = json.loads(shown)
        assert report["notices"] == []
        assert len(report["coverage"]["undecided"]) == 2

    def test_what_is_named_is_found(self, name, groups):
        Group.objects.create(name="another")
        shown, _ = run(
            *("--urlconf", name, "--tier", "T3", "--format", "json", "--exit-zero"),
            *("--param", "groups_name=another"),
        )
        states = {one["path"]: one["state"] for one in json.loads(shown)["operations"]}
        assert states["/of/{groups_name}/"] == "secured"

    def test_a_path_without_placeholders_is_not_meant(self, urlconf):
        name = urlconf(
            route(OpenView, "status/"),
            of_a_row("<str:groups_name>/", finds={"groups_name": "name"}),
            route(OpenView, "shadowed/"),
        )
        (notice,) = audit(Source(urlconf=name), probe=DEEP).notices
        assert notice.startswith("No row was found for the paths of 1 operation.")

    def test_at_t1_no_row_is_missed(self, name):
        report = audit(Source(urlconf=name), probe=Probe(Tier.T1))
        assert report.notices == ()

    def test_a_path_that_no_value_fits_is_said(self, urlconf):
        name = urlconf(
            route(OpenView),
            path("<slug:one>/", view(OfARow, finds={"one": "name"}).as_view()),
        )
        report = audit(Source(urlconf=name), probe=Probe(Tier.T3))
        assert report.notices == (
            "No row was found for the paths of 1 operation. Name values: --param one=...",
        )


class Mixed(BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.name != "first"


def test_rows_that_disagree_are_no_reason_to_try_others(groups):
    retrieve = view(
        OfARow,
        permission_classes=[Mixed],
        queryset=Group.objects.order_by("pk"),
        finds={"pk": "pk"},
        get=lambda self, request, **kwargs: Response(str(self.get_object())),
    )
    (audited,) = audited_schema(path("<int:pk>/", retrieve.as_view()), probe=DEEP).operations
    assert audited.decision.state is State.UNDECIDED
    assert "admits to some rows only" in audited.decision.reason
    assert audited.decision.tried == ()


class Crashes(BasePermission):
    def has_permission(self, request, view):
        return Group.objects.get(name=view.kwargs["groups_name"]).name == "third"


@pytest.mark.parametrize(
    ("names", "state"),
    [([], State.UNDECIDED), (["third"], State.OPTIONAL), (["other", "third"], State.SECURED)],
)
def test_a_row_that_a_permission_misses_is_looked_for_as_well(names, state):
    for name in names:
        Group.objects.create(name=name)
    guarded = view(JWTView, permission_classes=[Crashes])
    (audited,) = audited_schema(
        path("<str:groups_name>/", guarded.as_view()), probe=DEEP
    ).operations
    assert audited.decision.state is state
    assert audited.decision.crashed is (not names)


ASKED = []


def counts(get_response):
    def middleware(request):
        ASKED.append(request.path)
        return get_response(request)

    return middleware


class TestTheMiddleware:
    def test_sees_one_request_for_what_is_decided(self, groups, settings):
        settings.MIDDLEWARE = [f"{__name__}.counts", *settings.MIDDLEWARE]
        ASKED.clear()
        guarded = view(JWTView, permission_classes=[IsAuthenticated])
        routes = [path("<int:group_pk>/", guarded.as_view()), route(OpenView)]
        audited_schema(*routes, probe=DEEP)
        assert [f"/{groups[0].pk}/", "/thing/"] == ASKED

    @pytest.mark.parametrize(
        ("names", "tried"), [([], ("/1/",)), (["first", "second"], ())], ids=["no row", "rows"]
    )
    def test_that_misses_a_row_is_asked_about_others(self, settings, names, tried):
        for name in names:
            Group.objects.create(name=name)
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Groups"]
        guarded = view(JWTView, permission_classes=[IsAuthenticated])
        (audited,) = audited_schema(
            path("<str:groups_name>/", guarded.as_view()), probe=DEEP
        ).operations
        assert (audited.decision.state, audited.decision.tried) == (State.SECURED, tried)
        assert audited.decision.tier is (Tier.T2 if names else Tier.T0)


class Groups:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, callback, args, kwargs):
        request.group = Group.objects.get(name=kwargs["groups_name"])


def failing(name):
    """Return a property that fails where a request is answered, and not in a schema run."""

    def fails(view):
        if hasattr(view, "swagger_fake_view"):
            return getattr(OfARow, name)
        raise LookupError("no tenant")

    return property(fails)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("queryset", State.SECURED),
        ("lookup_field", State.UNDECIDED),
        ("renderer_classes", State.UNDECIDED),
    ],
)
def test_a_view_that_fails_to_name_its_rows_ends_itself_alone(groups, name, state):
    attributes = {name: failing(name), "finds": {"groups_name": "name"}}
    fails = path("<str:groups_name>/", view(OfARow, **attributes).as_view())
    audited = audited_schema(route(OpenView, "open/"), fails, probe=DEEP).operations
    states = {one.path: one.decision.state for one in audited}
    assert states == {"/open/": State.PUBLIC, "/{groups_name}/": state}


def test_views_of_one_class_are_asked_about_their_own_rows(groups):
    routes = [
        path(
            f"{name}/<int:pk>/",
            OnlyThird.as_view(queryset=Group.objects.filter(name=name)),
        )
        for name in ("first", "third")
    ]
    states = [one.decision.state for one in audited_schema(*routes, probe=DEEP).operations]
    assert states == [State.UNDECIDED, State.SECURED]


class OnlyThird(OfARow):
    queryset = Group.objects.none()
    rows = Group.objects.filter(name="third")
    finds = {"pk": "pk"}


class TestInheritedTables:
    """The first rows of the parent's table are of one subclass, the view is about another."""

    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture
    def models(self):
        with isolate_apps("tests.schema"):

            class Activity(models.Model):
                name = models.CharField(max_length=20)

                class Meta:
                    app_label = "schema"
                    db_table = "schema_tests_activity"

            class Swim(Activity):
                class Meta:
                    app_label = "schema"
                    db_table = "schema_tests_swim"

            class Walk(Activity):
                class Meta:
                    app_label = "schema"
                    db_table = "schema_tests_walk"

            kinds = [Activity, Swim, Walk]
            with connection.schema_editor() as editor:
                for kind in kinds:
                    editor.create_model(kind)
            try:
                yield kinds
            finally:
                with connection.schema_editor() as editor:
                    for kind in reversed(kinds):
                        editor.delete_model(kind)

    def test_are_tried_with_a_row_of_each(self, models, urlconf, settings):
        activity, swim, walk = models
        for number in range(7):
            swim.objects.create(name=f"swim {number}")
        walked = walk.objects.create(name="walk")
        routes = [
            of_a_row("<int:pk>/", queryset=activity.objects.all(), rows=walk.objects, finds=PK)
        ]
        (audited,) = audited_schema(*routes, probe=DEEP).operations
        assert (audited.decision.state, audited.decision.tried) == (State.SECURED, ())
        settings.ROOT_URLCONF = urlconf(*routes)
        assert Client().get(f"/{walked.pk}/").status_code == 401

    def test_without_such_a_row_are_tried_and_said(self, models):
        activity, swim, walk = models
        swims = [swim.objects.create(name=f"swim {number}") for number in range(7)]
        of_walks = of_a_row(
            "<int:pk>/", queryset=activity.objects.all(), rows=walk.objects, finds=PK
        )
        (audited,) = audited_schema(of_walks, probe=DEEP).operations
        assert audited.decision.state is State.UNDECIDED
        assert audited.decision.tried == tuple(f"/{one.pk}/" for one in swims[:5])


PK = {"pk": "pk"}
