"""Whose answers are known without asking: REST framework's, and heirs that add no code."""

from __future__ import annotations

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from django.urls import path
from django.utils.translation import gettext_lazy
from rest_framework.authentication import BaseAuthentication, BasicAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import JWTView, audited_schema, route, view
from tests.schema.projects.shapes import Detail


def decide(view_class, tier=Tier.T0):
    (audited,) = audited_schema(route(view_class), probe=Probe(tier)).operations
    return audited.decision


def guarded_by(permission, **attributes):
    return view(JWTView, permission_classes=[permission], **attributes)


def child(*bases, **body):
    return type("Child", bases, body)


def refuses(*args, **kwargs):
    return False


class Owner(BasePermission):
    def has_object_permission(self, request, view, obj):
        return False


class Plain:
    words = "nothing to run"


ALIKE = {
    "itself": IsAuthenticated,
    "with a message": child(IsAuthenticated, message="Members only.", code="members"),
    "with a lazy message": child(IsAuthenticated, message=gettext_lazy("Members only.")),
    "with a mixin of words": child(Plain, IsAuthenticated),
    "a grandchild": child(child(IsAuthenticated)),
}


@pytest.mark.parametrize("permission", ALIKE.values(), ids=ALIKE)
def test_a_permission_that_adds_no_code_is_known(permission):
    assert decide(guarded_by(permission)).state is State.SECURED


CODE = {
    "has_permission": child(IsAuthenticated, has_permission=refuses),
    "a property": child(IsAuthenticated, message=property(refuses)),
    "__init__": child(IsAuthenticated, __init__=lambda self: None),
    "__getattribute__": child(IsAuthenticated, __getattribute__=object.__getattribute__),
    "a mixin before": child(child(BasePermission, has_permission=refuses), IsAuthenticated),
    "a mixin after": child(IsAuthenticated, Owner),
    "base": child(BasePermission),
}


@pytest.mark.parametrize("permission", CODE.values(), ids=CODE)
def test_a_permission_with_code_of_its_own_is_probed(permission):
    decision = decide(guarded_by(permission))
    assert decision.state is State.UNDECIDED
    assert "not asked here" in decision.reason


def test_what_a_mixin_says_about_objects_is_not_overlooked():
    of_one = path(
        "thing/<int:pk>/", view(Detail, permission_classes=[child(AllowAny, Owner)]).as_view()
    )
    (audited,) = audited_schema(of_one, probe=Probe(Tier.T1)).operations
    assert audited.decision.state is State.UNDECIDED
    assert "has_object_permission" in audited.decision.reason


def test_an_authenticator_that_adds_no_code_is_known():
    realm = child(BasicAuthentication, www_authenticate_realm="shop")
    decision = decide(guarded_by(IsAuthenticated, authentication_classes=[realm]))
    assert (decision.state, decision.refusal) == (State.SECURED, 401)


@pytest.mark.parametrize(
    "authenticator",
    [
        child(JWTAuthentication, authenticate_header=refuses),
        child(JWTAuthentication, __init__=lambda self: None),
        child(child(BaseAuthentication, authenticate=refuses), JWTAuthentication),
    ],
    ids=["header", "init", "mixin"],
)
def test_an_authenticator_with_code_of_its_own_is_probed(authenticator):
    decision = decide(guarded_by(IsAuthenticated, authentication_classes=[authenticator]))
    assert decision.state is State.UNDECIDED
