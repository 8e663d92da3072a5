"""Views whose permissions are composed of authkit's: the document agrees with the live server."""

import pytest
from authkit.authentication import JWTAuthentication
from authkit.permissions import HasScope, HasSecondFactor, HasVerifiedEmail, RecentlyAuthenticated
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.test import APIRequestFactory

from tests.schema.documents import fixed_schema, route, view

pytestmark = pytest.mark.django_db

OURS = [HasSecondFactor, RecentlyAuthenticated, HasVerifiedEmail, HasScope("books:read")]
PUBLIC = [
    *([one | AllowAny] for one in OURS),
    *([AllowAny | one] for one in OURS),
    *([~one] for one in OURS),
    *([~(one & IsAuthenticated)] for one in OURS),
]
PROTECTED = [
    *([one] for one in OURS),
    *([one | IsAdminUser] for one in OURS),
    *([IsAdminUser | one] for one in OURS),
    *([~one & IsAuthenticated] for one in OURS),
    *([~(one | AllowAny)] for one in OURS),
]


def composed(permissions):
    return view(authentication_classes=[JWTAuthentication], permission_classes=permissions)


def security_of(permissions):
    return fixed_schema(route(composed(permissions)))["paths"]["/thing/"]["get"]["security"]


def status_of(permissions):
    return composed(permissions).as_view()(APIRequestFactory().get("/")).status_code


@pytest.mark.parametrize("permissions", PUBLIC)
def test_what_admits_everyone_is_public(permissions):
    assert status_of(permissions) == 200
    assert {} in security_of(permissions)


@pytest.mark.parametrize("permissions", PROTECTED)
def test_what_refuses_anonymous_callers_requires_a_credential(permissions):
    assert status_of(permissions) == 401
    assert {} not in security_of(permissions)
