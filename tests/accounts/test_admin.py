"""What the add-on shows of users in the admin, and does to them."""

from datetime import timedelta

import pytest
from authkit.admin import AccountAdminMixin
from authkit.core import clock as authkit_clock
from authkit.models import (
    APIKey,
    CodeAttempts,
    PasswordAttempts,
    RecoveryCode,
    SecurityEvent,
    Session,
    TOTPDevice,
)
from authkit.passwords.checking.attempts import failures_in_a_row
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import include, path

from tests.conftest import bearer
from tests.login.test_login import words
from tests.passwords.attempts.test_brute_force import fail


class AccountAdmin(AccountAdminMixin, admin.ModelAdmin):
    list_display = ["pk"]


site = admin.AdminSite(name="admin")
site.register(get_user_model(), AccountAdmin)
urlpatterns = [
    path("admin/", site.urls),
    path("api/v1/auth/", include("authkit.urls")),
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

OPTS = get_user_model()._meta
LIST = f"/admin/{OPTS.app_label}/{OPTS.model_name}/"

#: Each action, and what it wants beside a look at the users.
ACTIONS = {
    "end_sessions": "delete_session",
    "remove_second_factor": "delete_totpdevice",
    "unlock": "change_passwordattempts",
}


@pytest.fixture
def root(make_user):
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def browser(root):
    browser = Browser()
    browser.force_login(root)
    return browser


@pytest.fixture
def clerk(make_user):
    """A member of staff with the view permission on users, and the permissions given."""

    def log_in(*codenames):
        clerk = make_user("clerk", is_staff=True)
        view = f"view_{OPTS.model_name}"
        may = Permission.objects.filter(codename__in=[view, *codenames])
        assert may.count() >= len(codenames) + 1
        clerk.user_permissions.set(may)
        browser = Browser()
        browser.force_login(clerk)
        return browser

    return log_in


def give_factor(user, failures=0, **fields):
    device = TOTPDevice(user=user, name="TOTP", **fields)
    device.seal(b"12345678901234567890")
    device.save()
    RecoveryCode.objects.create(user=user, digest="x")
    CodeAttempts.objects.create(user=user, failures=failures)


def state_of(browser, user):
    changelist = browser.get(LIST).context["cl"]
    [found] = [row for row in changelist.result_list if row.pk == user.pk]
    return found.authkit_state


def post(browser, action, users, **body):
    chosen = [user.pk for user in users]
    return browser.post(LIST, {"action": action, "_selected_action": chosen, **body})


# --- what is shown -----------------------------------------------------------------------------


def test_of_a_user_about_whom_there_is_nothing_to_say_nothing_is_said(browser, user):
    state = state_of(browser, user)
    assert (state.second_factor, state.locked) == (False, "")
    assert (state.live_sessions, state.api_keys) == (0, 0)


def test_the_factor_the_sessions_and_the_keys_are_shown(browser, client, user, make_user):
    give_factor(user)
    monday, other = make_user(), make_user()
    give_factor(monday, confirmed=False)
    for _ in range(3):
        pair = client.pair(other)
    client.revoke(pair["refresh"])
    APIKey.objects.create_key(name="a", owner=other)
    APIKey.objects.create_key(name="b", owner=other, revoked=True)
    state = state_of(browser, other)
    assert (state.second_factor, state.live_sessions, state.api_keys) == (False, 2, 1)
    assert state_of(browser, user).second_factor is True
    assert state_of(browser, monday).second_factor is False
    page = browser.get(LIST).text
    assert 'class="field-live_sessions">2<' in page
    assert "icon-yes" in page


def test_sessions_of_another_password_and_of_who_may_not_log_in_are_none(browser, client, user):
    client.pair(user)
    APIKey.objects.create_key(name="a", owner=user)
    user.set_password("another one")
    user.save()
    assert state_of(browser, user).live_sessions == 0
    client.pair(user, "another one")
    assert state_of(browser, user).live_sessions == 1
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    state = state_of(browser, user)
    assert (state.live_sessions, state.api_keys) == (0, 0)


def test_who_is_locked_is_shown_and_until_when(browser, client, user, make_user):
    fail(client, user.get_username(), 1)
    assert state_of(browser, user).locked == ""
    PasswordAttempts.objects.update(failures=100)
    give_factor(user, failures=100)
    assert state_of(browser, user).locked == "passwords, codes"
    began = authkit_clock.now() - timedelta(minutes=5)
    CodeAttempts.objects.update(failures=10, window_failures=10, last_attempt_at=began)
    assert state_of(browser, user).locked.startswith("passwords, codes until ")


def test_all_spellings_of_a_name_are_one_account(client, user, make_user):
    name = user.get_username()
    fail(client, name.upper(), 2)
    fail(client, name, 1)
    assert failures_in_a_row([name, "nobody"]) == {name: 3, "nobody": 0}
    assert failures_in_a_row([]) == {}


def test_the_list_costs_the_same_for_one_user_and_for_thirty(browser, client, make_user):
    costs = []
    for number in (1, 30):
        for _ in range(number):
            user = make_user()
            give_factor(user)
            APIKey.objects.create_key(name="a", owner=user)
        browser.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(LIST).status_code == 200
        costs.append(words(queries))
    assert costs[0] == costs[1]


# --- what is done ------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_done_without_a_reason(browser, client, user, action):
    pair = client.pair(user)
    give_factor(user, failures=3)
    before = SecurityEvent.objects.count()
    for body in ({}, {"note": ""}, {"note": "   "}, {"note": "x" * 201}):
        page = post(browser, action, [user], **body)
        assert page.status_code == 200
        assert user.get_username() in page.text
        assert 'name="note"' in page.text
    assert SecurityEvent.objects.count() == before
    assert client.sessions(pair["access"]).status_code == 200
    assert CodeAttempts.objects.get().failures == 3


def test_sessions_are_ended_for_a_reason(browser, root, client, user, make_user):
    other = make_user()
    mine, theirs = client.pair(user), client.pair(other)
    client.pair(user)
    assert post(browser, "end_sessions", [user], note="A stolen laptop.").status_code == 302
    assert client.sessions(mine["access"]).status_code == 401
    assert client.sessions(theirs["access"]).status_code == 200
    event = SecurityEvent.objects.get(kind="sessions_ended")
    assert event.user == user
    assert event.facts == {
        "reason": "ended_by_administrator",
        "actor": root.pk if isinstance(root.pk, int) else str(root.pk),
        "note": "A stolen laptop.",
        "count": 2,
    }
    assert event.ip is None


def test_the_factor_is_taken_off_for_a_reason(browser, root, client, user, make_user):
    give_factor(user)
    client.log_in(user)
    other = make_user()
    client.pair(other)
    response = post(browser, "remove_second_factor", [user, other], note="Lost the phone.")
    assert response.status_code == 302
    assert (TOTPDevice.objects.count(), RecoveryCode.objects.count()) == (0, 0)
    event = SecurityEvent.objects.get(kind="second_factor_disabled")
    assert (event.user, event.facts["note"]) == (user, "Lost the phone.")
    assert str(event.facts["actor"]) == str(root.pk)
    assert Session.objects.of(other).live().count() == 1
    client.pair(user)


def test_an_account_is_unlocked_for_a_reason(browser, root, client, user):
    fail(client, user.get_username(), 10)
    give_factor(user, failures=100)
    assert post(browser, "unlock", [user], note="She called.").status_code == 302
    assert failures_in_a_row([user.get_username()]) == {user.get_username(): 0}
    assert CodeAttempts.objects.get().failures == 0
    event = SecurityEvent.objects.get(kind="account_unlocked")
    assert (event.user, event.facts["note"]) == (user, "She called.")


def test_the_owner_sees_that_it_was_an_administrator_and_neither_who_nor_why(
    browser, root, client, user
):
    client.pair(user)
    post(browser, "end_sessions", [user], note="A secret of the house.")
    answer = client.get("/api/v1/auth/events/", **bearer(client.pair(user)["access"]))
    event = answer.json()["results"][1]
    assert (event["kind"], event["by_administrator"]) == ("session_ended", True)
    assert event["details"] == {"reason": "ended_by_administrator"}
    assert "secret of the house" not in answer.content.decode()


def test_the_history_of_the_user_has_the_reason(browser, client, user):
    post(browser, "unlock", [user], note="She called.")
    assert "She called." in browser.get(f"{LIST}{user.pk}/history/").text


def test_a_reason_cannot_write_into_the_page_or_a_second_line_of_the_log(
    browser, client, user, security_log
):
    give_factor(user)
    note = '<script>alert(1)</script> " \u202e'
    post(browser, "remove_second_factor", [user], note=note)
    [(_, facts)] = security_log("second_factor_disabled")
    assert facts["note"] == note
    page = browser.get(f"{LIST}{user.pk}/history/").text
    assert "<script>alert" not in page


@pytest.mark.parametrize("action", ACTIONS)
def test_staff_without_the_permission_cannot(clerk, client, user, action):
    others = [codename for name, codename in ACTIONS.items() if name != action]
    browser = clerk(*others, f"change_{OPTS.model_name}")
    pair = client.pair(user)
    give_factor(user, failures=3)
    before = SecurityEvent.objects.count()
    assert f'value="{action}"' not in browser.get(LIST).text
    post(browser, action, [user], note="Because.")
    assert SecurityEvent.objects.count() == before
    assert client.sessions(pair["access"]).status_code == 200
    assert CodeAttempts.objects.get().failures == 3


@pytest.mark.parametrize(("action", "codename"), ACTIONS.items())
def test_staff_with_the_permission_can(clerk, client, user, action, codename):
    browser = clerk(codename)
    client.pair(user)
    give_factor(user, failures=3)
    assert f'value="{action}"' in browser.get(LIST).text
    before = SecurityEvent.objects.count()
    post(browser, action, [user], note="Because.")
    assert SecurityEvent.objects.count() > before


def test_an_administrator_without_the_view_permission_can_do_nothing(make_user, client, user):
    clerk = make_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=ACTIONS.values()))
    browser = Browser()
    browser.force_login(clerk)
    pair = client.pair(user)
    for action in ACTIONS:
        assert post(browser, action, [user], note="Because.").status_code == 403
    assert post(Browser(), "end_sessions", [user], note="Because.").status_code == 302
    assert client.sessions(pair["access"]).status_code == 200
