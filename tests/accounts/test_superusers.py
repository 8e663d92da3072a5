"""Help desk: with every permission of ours, staff change nothing of a superuser."""

import pytest
from authkit.admin import AccountAdminMixin, APIKeyAdmin, TOTPDeviceAdmin, unlock_accounts
from authkit.core.identity.administrators import SuperuserProtection
from authkit.models import (
    APIKey,
    CodeAttempts,
    PasswordAttempts,
    SecurityEvent,
    Session,
    TOTPDevice,
)
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import include, path, reverse
from django.utils.text import capfirst

from tests.accounts.test_admin import give_factor

User = get_user_model()


class AccountAdmin(AccountAdminMixin, admin.ModelAdmin):
    list_display = ["pk", "is_active"]
    list_editable = ["is_active"]
    fields = ["is_active", "is_superuser"]


class PlainAdmin(admin.ModelAdmin):
    actions = [unlock_accounts]


site, plain = admin.AdminSite(name="admin"), admin.AdminSite(name="plain")
site.register(User, AccountAdmin)
site.register(APIKey, APIKeyAdmin)
site.register(TOTPDevice, TOTPDeviceAdmin)
plain.register(User, PlainAdmin)
urlpatterns = [
    path("admin/", site.urls),
    path("plain/", plain.urls),
    path("api/v1/auth/", include("authkit.urls")),
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

USERS = f"{User._meta.app_label}_{User._meta.model_name}"


@pytest.fixture
def clerk(make_user):
    clerk = make_user("clerk", is_staff=True)
    labels = {"authkit", User._meta.app_label}
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label__in=labels))
    return clerk


@pytest.fixture
def root(make_user):
    return make_user("root", is_staff=True, is_superuser=True)


def browser_of(user):
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def target(make_user, client, request):
    """A user, or superuser, with a session, a factor, failed attempts and a key."""
    user = make_user("target", is_staff=True, is_superuser=request.param)
    client.pair(user)
    client.log_in(user, "wrong")
    give_factor(user, failures=3)
    APIKey.objects.create_key(name="job", owner=user)
    return user


def changelist(page, action, obj, **body):
    site_name, model = page
    url = reverse(f"{site_name}:{model}_changelist")
    return lambda browser: browser.post(
        url, {"action": action, "_selected_action": [str(obj.pk)], **body}
    )


def post(page, obj, **body):
    return lambda browser: browser.post(reverse(f"admin:{page}", args=[obj.pk]), body)


def all_acts(user):
    key, device = APIKey.objects.get(), TOTPDevice.objects.get()
    accounts, keys = ("admin", USERS), ("admin", "authkit_apikey")
    devices, note = ("admin", "authkit_totpdevice"), {"note": "they asked"}
    editable = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(user.pk),
        f"form-0-{User._meta.pk.name}": str(user.pk),
        "_save": "x",
    }
    only = reverse(f"admin:{USERS}_changelist") + f"?pk__exact={user.pk}"
    return {
        "end sessions": changelist(accounts, "end_sessions", user, **note),
        "remove the factor": changelist(accounts, "remove_second_factor", user, **note),
        "unlock": changelist(accounts, "unlock", user, **note),
        "delete many users": changelist(accounts, "delete_selected", user, post="yes"),
        "delete a user": post(f"{USERS}_delete", user, post="yes"),
        "change a user": post(f"{USERS}_change", user, is_superuser="on"),
        "edit the list": lambda browser: browser.post(only, editable),
        "unlock on another page": changelist(("plain", USERS), "unlock_accounts", user),
        "unlock by the device": changelist(devices, "unlock_selected", device),
        "delete a device": post("authkit_totpdevice_delete", device, post="yes"),
        "delete many devices": changelist(devices, "delete_selected", device, post="yes"),
        "revoke a key": changelist(keys, "revoke_keys", key),
        "rotate a key": changelist(keys, "rotate_keys", key),
        "rotate it with overlap": changelist(keys, "rotate_keys_with_overlap", key),
        "change a key": post("authkit_apikey_change", key, name="renamed"),
        "delete a key": post("authkit_apikey_delete", key, post="yes"),
        "delete many keys": changelist(keys, "delete_selected", key, post="yes"),
    }


NAMES = [
    "end sessions",
    "remove the factor",
    "unlock",
    "delete many users",
    "delete a user",
    "change a user",
    "edit the list",
    "unlock on another page",
    "unlock by the device",
    "delete a device",
    "delete many devices",
    "revoke a key",
    "rotate a key",
    "rotate it with overlap",
    "change a key",
    "delete a key",
    "delete many keys",
]


def everything(user):
    tables = [APIKey, TOTPDevice, Session, CodeAttempts, PasswordAttempts]
    rows = [list(table._base_manager.order_by("pk").values()) for table in tables]
    own = list(User.objects.filter(pk=user.pk).values())
    for row in own:
        row.pop("last_login", None)
    return [own, rows, SecurityEvent.objects.count(), LogEntry.objects.count()]


@pytest.mark.parametrize("target", [True], ids=["superuser"], indirect=True)
@pytest.mark.parametrize("name", NAMES)
def test_staff_change_nothing_of_a_superuser(target, clerk, name):
    before = everything(target)
    act = all_acts(target)[name]
    answer = act(browser_of(clerk))
    assert answer.status_code in {200, 302, 403}
    assert "ak_" not in answer.content.decode()
    assert everything(target) == before


@pytest.mark.parametrize("target", [False], ids=["user"], indirect=True)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "change a user"])
def test_staff_do_it_for_others(target, clerk, name):
    before = everything(target)
    all_acts(target)[name](browser_of(clerk))
    assert everything(target) != before


@pytest.mark.parametrize("target", [True], ids=["superuser"], indirect=True)
@pytest.mark.parametrize("name", NAMES)
def test_superusers_do_it_for_superusers(target, root, name):
    before = everything(target)
    all_acts(target)[name](browser_of(root))
    assert everything(target) != before


@pytest.mark.parametrize("target", [False], ids=["user"], indirect=True)
def test_staff_make_no_superuser(target, clerk, root):
    act = all_acts(target)["change a user"]
    assert act(browser_of(clerk)).status_code == 403
    assert not User.objects.get(pk=target.pk).is_superuser
    body = {"is_active": "on", "is_superuser": "on"}
    assert browser_of(clerk).post(reverse(f"admin:{USERS}_add"), body).status_code in {200, 403}
    act(browser_of(root))
    assert User.objects.get(pk=target.pk).is_superuser


class Sessions(SuperuserProtection, admin.ModelAdmin):
    pass


@pytest.mark.parametrize("number", [1, 5])
def test_a_selection_is_looked_at_in_one_query(rf, root, make_user, client, number):
    for _ in range(number):
        client.pair(make_user())
    request = rf.post("/")
    request.user = root
    with CaptureQueriesContext(connection) as queries:
        Sessions(Session, site).delete_queryset(request, Session.objects.all())
    assert len([query for query in queries if query["sql"].startswith("SELECT")]) == 1
    assert not Session.objects.exists()


@pytest.mark.parametrize("target", [True], ids=["superuser"], indirect=True)
def test_the_others_of_a_selection_are_done_and_the_superuser_is_named(
    target, clerk, make_user, client
):
    other = make_user("other")
    client.pair(other)
    url = reverse(f"admin:{USERS}_changelist")
    chosen = [str(target.pk), str(other.pk)]
    body = {"action": "end_sessions", "_selected_action": chosen, "note": "they asked"}
    browser = browser_of(clerk)
    assert browser.post(url, body).status_code == 302
    ended = Session.objects.exclude(revoked_at=None).values_list("user_id", flat=True)
    assert list(ended) == [other.pk]
    shown = browser.get(url).content.decode()
    assert f"{capfirst(target)}: only a superuser can do this for a superuser." in shown
    assert "End all sessions: done for 1." in shown


@pytest.mark.parametrize("target", [True], ids=["superuser"], indirect=True)
def test_staff_see_a_superuser(target, clerk):
    browser = browser_of(clerk)
    assert browser.get(reverse(f"admin:{USERS}_changelist")).status_code == 200
    assert browser.get(reverse(f"admin:{USERS}_change", args=[target.pk])).status_code == 200
