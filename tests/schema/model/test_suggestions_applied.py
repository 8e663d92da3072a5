"""What is suggested is pasted into views: it fixes the finding, and nothing becomes more open."""

from __future__ import annotations

from functools import cache

import pytest
from authkit.schema.audit.run import apply_rules
from authkit.schema.rules.unacknowledged_open_operation import RULE as AK308
from authkit.schema.views.code.handlers import handler_name
from django.contrib.auth.models import Group
from django.test import override_settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from tests.schema.documents import ProtectedView, audited_schema, found, route
from tests.schema.model.pasting import Pasted
from tests.schema.projects import suggestible

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
REFUSED = (401, 403)

#: By view: the rules that suggest something about it, besides AK401.
VIEWS = {
    "OpenForReads": {"AK301", "AK308", "AK404"},
    "ByCode": {"AK301", "AK308", "AK404"},
    "OfItsActions": {"AK301", "AK308", "AK404"},
    "function": {"AK301", "AK308", "AK404"},
    "Composed": {"AK301", "AK308", "AK404"},
    "Inherited": {"AK301", "AK308", "AK404"},
    "Given": {"AK301", "AK308", "AK404"},
    "Unread": {"AK301"},
    "ReadsAreMeantToBeOpen": {"AK301", "AK308", "AK404"},
    "WritesAreMeantToBeOpen": {"AK301", "AK308", "AK404"},
    "HidesAnOpenWrite": {"AK301", "AK308", "AK404"},
    "HidesAnOpenRead": {"AK301", "AK308", "AK404"},
    "AsksElsewhere": {"AK301", "AK308", "AK404"},
    "Strict": {"AK103", "AK302", "AK303"},
    "Sundry": {"AK105", "AK203", "AK402"},
    "WithKey": {"AK204"},
    "Health": {"AK205", "AK403"},
}
#: By view: the code that would close it, where that is certain.
CLOSING = {
    "OpenForReads": ["permission_classes = [IsAuthenticated, ReadersAndStaff]  # in OpenForReads"],
    "OfItsActions": [
        "permission_classes=[IsAuthenticated, EveryCaller]  # in @action of opened()",
    ],
    "function": ["@permission_classes([IsAuthenticated, ReadersAndStaff])  # below @api_view"],
    "Composed": [
        "permission_classes = [IsAuthenticated, (IsAuthenticated | EveryCaller) & ~Staff]"
        "  # in Composed"
    ],
    "Inherited": [
        "permission_classes = [IsAuthenticated, (IsAuthenticated | EveryCaller) & ~Staff]"
        "  # in Inherited"
    ],
    "Given": ["permission_classes=[IsAuthenticated, EveryCaller]  # in as_view()"],
    "HidesAnOpenRead": [
        "permission_classes = [IsAuthenticatedOrReadOnly, EveryCaller]  # in HidesAnOpenRead"
    ],
    "ReadsAreMeantToBeOpen": [
        "permission_classes = [IsAuthenticatedOrReadOnly, EveryCaller]  # in ReadsAreMeantToBeOpen"
    ],
}

every_view = pytest.mark.parametrize("view", VIEWS)


@cache
def suggested(view):
    """Return each suggestion about *view* once: its finding, the name of the handler, the line."""
    schema = audited_schema(*routes(suggestible, view))
    handlers = {one.place: handler_name(one.source.view, one.method) for one in schema.operations}
    return {
        (finding.rule.id, handlers[finding.place], line): (finding, handlers[finding.place], line)
        for finding in apply_rules(schema).findings
        for line in finding.suggestion.splitlines()
        if finding.place.view.endswith(f".{view}")
    }.values()


def routes(module, view):
    """Return the routes of *view*, and one that has the scheme of a token defined."""
    own = [one for one in module.urlpatterns if one.callback.cls.__name__ == view]
    return [*own, route(ProtectedView, "protected/")]


@pytest.fixture
def callers(make_user):
    """The headers of an anonymous caller, of a user, and of one of the staff."""
    tokens = [AccessToken.for_user(make_user(is_staff=staff)) for staff in (False, True)]
    return [{}, *({"HTTP_AUTHORIZATION": f"Bearer {token}"} for token in tokens)]


def admitted(urlconf, path, callers):
    """Return who may do what at *path*, as the server answers."""
    client = APIClient(raise_request_exception=False)
    with override_settings(ROOT_URLCONF=urlconf):
        return {
            (number, method)
            for number, headers in enumerate(callers)
            for method in METHODS
            if getattr(client, method)(path, **headers).status_code not in REFUSED
        }


@pytest.mark.by_itself
@pytest.mark.slow
@every_view
def test_every_suggestion_fixes_its_finding_and_opens_nothing(view, callers):
    pk = str(Group.objects.create(name="first").pk)
    paths = {finding.place.path.replace("{id}", pk) for finding, _, _ in suggested(view)}
    before = {path: admitted(suggestible.__name__, path, callers) for path in paths}
    for finding, handler, line in suggested(view):
        changed = Pasted(suggestible).with_code(line, view, handler)
        for path in paths:
            assert admitted(changed.__name__, path, callers) <= before[path], (path, line)
        assert finding.place.label not in found(finding.rule, *routes(changed, view)), line


@every_view
def test_every_rule_that_has_something_to_say_was_tried(view):
    assert {finding.rule.id for finding, _, _ in suggested(view)} - {"AK401"} == VIEWS[view]


@every_view
def test_a_view_is_closed_where_it_is_certain_what_that_does(view):
    lines = [line for _, _, line in suggested(view) if "permission_classes" in line]
    assert sorted({line.removesuffix(", if not") for line in lines}) == CLOSING.get(view, [])


def test_an_open_view_is_still_to_be_acknowledged_when_the_document_is_true():
    (finding, handler, line), *_ = suggested("Given")
    assert (finding.rule.id, line[:5]) == ("AK301", "auth=")
    changed = Pasted(suggestible).with_code(line, "Given", handler)
    assert finding.place.label in found(AK308, *routes(changed, "Given"))
