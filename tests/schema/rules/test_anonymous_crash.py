from __future__ import annotations

import pytest
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.rules.anonymous_crash import RULE
from rest_framework.permissions import BasePermission

from tests.schema.documents import OpenView, ProtectedView, audited_schema, found, route, view


class Member(BasePermission):
    def has_permission(self, request, view):
        return request.user.member.active


CRASHING = view(permission_classes=[Member])

# ATOMIC_REQUESTS opens a transaction around every view
pytestmark = pytest.mark.django_db


def test_a_permission_that_fails_is_found_with_its_name():
    assert found(RULE, route(CRASHING), probe=Probe(Tier.T2)) == ["GET /thing/"]
    schema = audited_schema(route(CRASHING), probe=Probe(Tier.T2))
    (offence,) = RULE.look(schema)
    assert "AttributeError: 'AnonymousUser' object has no attribute 'member'" in offence.message
    assert f"(in {__name__}.Member)" in offence.message


def test_the_other_operations_are_decided_all_the_same():
    routes = [route(CRASHING, "crashes/"), route(OpenView, "open/"), route(ProtectedView, "own/")]
    audited = audited_schema(*routes, probe=Probe(Tier.T2)).operations
    assert [one.decision.is_decided for one in audited] == [False, True, True]


def test_the_same_without_the_middleware_is_left_alone():
    assert found(RULE, route(CRASHING), probe=Probe(Tier.T1)) == []


def test_a_view_that_refuses_is_left_alone():
    assert found(RULE, route(ProtectedView), probe=Probe(Tier.T2)) == []


def test_a_view_that_admits_is_left_alone():
    assert found(RULE, route(OpenView), probe=Probe(Tier.T2)) == []
