"""A key whose owner's row is missing is no service key: it is refused everywhere."""

import re

import pytest
from authkit.api_keys.importing import import_key
from authkit.api_keys.permissions import HasScope
from authkit.api_keys.using import usage
from authkit.authentication import PlainAPIKeyAuthentication
from authkit.core.db.prepared import PreparedSelect
from authkit.errors import APIKeyInvalid
from authkit.models import APIKey, SecurityEvent
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from django.urls import reverse
from rest_framework.request import Request

from tests.api_keys.calls import assert_refused, delete_row_alone, with_key
from tests.api_keys.test_foreign import partner_keys, scheme

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.api_keys.urls")]

KEY = re.compile(r"ak_[A-Za-z0-9]{8}_[A-Za-z0-9]{38}")


@pytest.fixture
def orphan(user, make_key):
    """A key, and its row, of an owner whose row is missing; with a group, for good measure."""
    row, key = make_key(owner=user, scopes=["books:read"])
    APIKey.objects.update(group=Group.objects.create(name="importers"))
    delete_row_alone(user)
    assert APIKey.objects.values_list("owner_id", flat=True).get() == user.pk
    return row, key


@pytest.mark.parametrize("path", ["/key", "/open", "/jwt-key", "/staff"])
def test_it_is_refused_on_every_view(client, orphan, path):
    assert_refused(client, orphan[1], path)
    assert SecurityEvent.objects.get().facts["reason"] == "owner_inactive"


def test_it_is_refused_also_where_the_statement_is_not_prepared(client, orphan, monkeypatch):
    monkeypatch.setattr(PreparedSelect, "_plan", lambda self, alias: None)
    assert_refused(client, orphan[1])


@override_settings(AUTHKIT={"API_KEY_CACHE_SECONDS": 30})
def test_it_is_refused_from_the_cache(client, orphan):
    cache.clear()
    for _ in range(3):
        assert_refused(client, orphan[1])
    cache.clear()


def test_the_model_calls_it_unusable_however_its_row_was_read(orphan):
    row, key = orphan
    assert not APIKey.objects.is_valid(key)
    for read in (
        APIKey.objects.get(pk=row.pk),
        APIKey.objects.select_related("owner").get(pk=row.pk),
        APIKey.objects.with_owner(row.prefix),
    ):
        assert read.rejection_reason() == "owner_inactive"
        with pytest.raises(ValidationError):
            read.full_clean()
    with pytest.raises(APIKeyInvalid):
        usage.use_key(key, lambda: None)


def test_the_policy_of_scopes_grants_it_none(orphan, rf):
    request = Request(rf.get("/"))
    request.user, request.auth = get_user_model()(), APIKey.objects.get()
    settings = {"SCOPES": {"books:read": "Read"}, "OWNER_SCOPES": lambda owner: ["books:read"]}
    with override_settings(AUTHKIT=settings):
        assert not HasScope("books:read").has_permission(request, None)


def test_a_user_who_is_false_is_no_service(client, make_key, user, monkeypatch):
    monkeypatch.setattr(type(user), "__bool__", lambda self: False, raising=False)
    _, key = make_key(owner=user)
    assert client.get("/open", **with_key(key)).json()["user"] == type(user).__name__


def test_it_is_shown_and_not_rotated_in_the_admin(orphan, make_user):
    row, _ = orphan
    browser = Client()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    listed = reverse("admin:authkit_apikey_changelist")
    page = reverse("admin:authkit_apikey_change", args=[row.pk])
    assert browser.get(listed).status_code == browser.get(page).status_code == 200
    for action in ("rotate_keys", "rotate_keys_with_overlap"):
        answer = browser.post(listed, {"action": action, "_selected_action": [str(row.pk)]})
        assert not KEY.search(answer.content.decode())
    assert browser.post(page, {"name": "renamed"}).status_code == 200  # refused, and no failure
    answer = browser.post(listed, {"action": "revoke_keys", "_selected_action": [str(row.pk)]})
    assert (answer.status_code, APIKey.objects.get().revoked) == (302, True)


def test_a_key_of_another_table_is_refused_and_not_imported(rf, make_user):
    with partner_keys() as model:

        class PartnerAuthentication(PlainAPIKeyAuthentication):
            owner_field = "user"

        PartnerAuthentication.model = model
        user = make_user()
        _, key = model.objects.create_key(name="partner", user=user)
        delete_row_alone(user)
        request = Request(rf.get("/", **scheme(key)), authenticators=[PartnerAuthentication()])
        with pytest.raises(APIKeyInvalid):
            _ = request.user
        for read in (model.objects.get(), model.objects.select_related("user").get()):
            assert import_key(read, "user").reason == "its owner is missing"
        assert not APIKey.objects.exists()
        model.objects.all().delete()
