import re

import pytest
from authkit.api_keys.keys import new_prefix
from authkit.api_keys.using.principal import ServicePrincipal
from authkit.models import APIKey
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from rest_framework.throttling import UserRateThrottle

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.urls")]


def service(name="x"):
    return ServicePrincipal(APIKey(name=name, prefix=new_prefix()))


def test_a_service_is_authenticated_and_is_no_user_of_the_database():
    principal = service("night job")
    assert str(principal) == principal.name == "night job"
    assert principal.is_authenticated is True
    assert principal.is_anonymous is False
    assert not isinstance(principal, AbstractBaseUser)
    assert re.fullmatch("api-key-[A-Za-z0-9]{8}", principal.pk)
    assert principal.pk == principal.id
    assert principal.get_username() == ""


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_a_service_is_neither_staff_nor_superuser(right):
    assert getattr(service(), right) is False


def test_a_service_has_no_permission():
    principal = service()
    assert not principal.has_perm("auth.add_user")
    assert not principal.has_perms(["auth.add_user"])
    assert not principal.has_perms([])
    assert not principal.has_module_perms("auth")


def test_a_view_for_staff_refuses_a_service(client, make_key):
    assert client.get("/staff", HTTP_X_API_KEY=make_key()[1]).status_code == 403


def test_a_view_with_model_permissions_refuses_a_service_that_writes(client, make_key):
    response = client.post("/model", HTTP_X_API_KEY=make_key()[1])
    assert response.status_code == 403


def test_a_key_has_the_rights_of_its_owner_and_no_more(client, make_user, make_key):
    plain, staff = make_user(), make_user(is_staff=True)
    assert client.get("/staff", HTTP_X_API_KEY=make_key(owner=plain)[1]).status_code == 403
    assert client.get("/staff", HTTP_X_API_KEY=make_key(owner=staff)[1]).status_code == 200


def test_a_service_owns_no_rows(make_user):
    make_user()
    for value in (service(), service().pk):
        with pytest.raises((TypeError, ValueError, ValidationError)):
            list(get_user_model().objects.filter(pk=value))


def test_a_filter_by_the_key_of_a_service_does_not_find_rows_without_an_owner():
    APIKey.objects.create_key(name="without an owner")
    with pytest.raises((TypeError, ValueError, ValidationError)):
        list(APIKey.objects.filter(owner_id=service().pk))


def test_two_services_are_not_one_to_a_throttle(rf):
    throttle = UserRateThrottle.__new__(UserRateThrottle)
    idents = set()
    for name in ("one", "two"):
        request = rf.get("/")
        request.user = service(name)
        idents.add(throttle.get_cache_key(request, None))
    assert len(idents) == 2
