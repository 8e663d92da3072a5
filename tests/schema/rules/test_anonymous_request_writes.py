from __future__ import annotations

import pytest
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.rules.anonymous_request_writes import RULE
from django.contrib.auth.models import Group
from django.core.mail import send_mail
from rest_framework.permissions import BasePermission

from tests.schema.documents import OpenView, ProtectedView, audited_schema, found, route, view


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


def messages(permission):
    schema = audited_schema(route(view(permission_classes=[permission])), probe=Probe(Tier.T2))
    return [offence.message for offence in RULE.look(schema)]


def test_a_permission_that_writes_is_found():
    (message,) = messages(Counts)
    assert message.startswith("The code before the handler writes to the database (INSERT INTO ")
    assert not Group.objects.exists()


def test_a_permission_that_sends_mail_is_found(mailoutbox):
    assert messages(Tells) == ["The code before the handler sends mail."]
    assert mailoutbox == []


def test_a_permission_that_reads_is_left_alone():
    assert messages(Reads) == []


def test_plain_views_are_left_alone():
    routes = [route(OpenView, "open/"), route(ProtectedView)]
    assert found(RULE, *routes, probe=Probe(Tier.T2)) == []
