from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

import pytest
from authkit.schema.audit.run import apply_rules
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.rules.anonymous_request_writes import RULE
from django.contrib.auth.models import Group
from django.core.mail import send_mail
from rest_framework.permissions import BasePermission

from tests.schema.documents import OpenView, ProtectedView, audited_schema, found, route, view

FILE = "tests/schema/rules/test_anonymous_request_writes.py"


class Counts(BasePermission):
    def has_permission(self, request, view):
        Group.objects.create(name="visit")


class Tells(BasePermission):
    def has_permission(self, request, view):
        send_mail("Somebody is here", "", None, ["owner@example.com"])


class Reads(BasePermission):
    def has_permission(self, request, view):
        return Group.objects.exists()


# ATOMIC_REQUESTS opens a transaction around every view
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailers")]


def count():
    Group.objects.create(name="visit")


class CountsByHelp(BasePermission):
    def has_permission(self, request, view):
        with nullcontext():
            count()


class CountingMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        count()
        return self.get_response(request)


def counting_middleware(get_response):
    def middleware(request):
        count()
        return get_response(request)

    return middleware


def messages(permission):
    schema = audited_schema(route(view(permission_classes=[permission])), probe=Probe(Tier.T2))
    return [offence.message for offence in RULE.look(schema)]


def written_by(message):
    """Return who is said to have written, without the line."""
    found = re.search(r" in (\S+) \((\S+):([0-9]+)\)\.$", message)
    return found[1], found[2], int(found[3])


def test_a_permission_that_writes_is_found():
    (message,) = messages(Counts)
    assert message.startswith("The code before the handler writes to the database (INSERT INTO ")
    assert not Group.objects.exists()


def test_a_permission_that_sends_mail_is_found(mailoutbox):
    (message,) = messages(Tells)
    assert message.startswith("The code before the handler sends mail in Tells.has_permission (")
    assert mailoutbox == []


def test_says_which_function_the_framework_called_and_the_line():
    (message,) = messages(CountsByHelp)
    name, file, line = written_by(message)
    assert (name, file) == ("CountsByHelp.has_permission", FILE)
    assert Path(__file__).read_text().splitlines()[line - 1].strip() == "count()"


@pytest.mark.parametrize(
    ("middleware", "name"),
    [
        ("CountingMiddleware", "CountingMiddleware.__call__"),
        ("counting_middleware", "counting_middleware.<locals>.middleware"),
    ],
)
def test_a_middleware_is_one_cause_whatever_view_it_stands_before(settings, middleware, name):
    settings.MIDDLEWARE = [f"{__name__}.{middleware}"]
    routes = [route(OpenView, "a/"), route(OpenView, "b/"), route(view(OpenView), "c/")]
    report = audited_schema(
        *routes, probe=Probe(Tier.T2), look=lambda schema: apply_rules(schema, [RULE])
    )
    assert written_by(report.findings[0].message)[:2] == (name, FILE)
    (cause,) = report.causes
    assert len(cause.findings) == len(routes)


def test_a_permission_that_reads_is_left_alone():
    assert messages(Reads) == []


def test_plain_views_are_left_alone():
    routes = [route(OpenView, "open/"), route(ProtectedView)]
    assert found(RULE, *routes, probe=Probe(Tier.T2)) == []
