"""The admin shows events and changes none."""

import pytest
from authkit.core.event_kinds import KINDS
from authkit.events.flows import record
from authkit.models import SecurityEvent
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import path

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

site = admin.AdminSite(name="own")
site.register(get_user_model())
urlpatterns = [path("admin/", admin.site.urls), path("own/", site.urls)]

LIST = "/admin/authkit/securityevent/"


@pytest.fixture
def event(user):
    record("account_unlocked", user=user.pk, reason="log_out")
    return SecurityEvent.objects.get()


@pytest.fixture
def browser(make_user):
    client = Client()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


def test_it_lists_and_shows_them(browser, event, user):
    page = browser.get(LIST)
    assert page.status_code == 200
    assert "account_unlocked" in page.text
    assert user.get_username() in page.text
    assert "log_out" in browser.get(f"{LIST}{event.pk}/change/").text


def test_nothing_can_be_changed_added_or_taken_away(browser, event):
    change = f"{LIST}{event.pk}/change/"
    for address in (f"{LIST}add/", f"{LIST}{event.pk}/delete/"):
        assert browser.get(address).status_code == 403
        assert browser.post(address, {"post": "yes"}).status_code == 403
    assert browser.post(change, {"kind": "other"}).status_code == 403
    for action in ("delete_selected", "anything"):
        body = {"action": action, "_selected_action": [event.pk], "post": "yes"}
        browser.post(LIST, body)
    event.refresh_from_db()
    assert event.kind == "account_unlocked"
    assert 'name="_save"' not in browser.get(change).text


def test_staff_without_the_permission_see_none(make_user, event):
    browser = Client()
    browser.force_login(make_user("clerk", is_staff=True))
    for address in (LIST, f"{LIST}{event.pk}/change/"):
        assert browser.get(address).status_code == 403


def test_they_are_found_by_user_address_kind_and_day(browser, event, user, make_user):
    record("login_failed", user=make_user("bob").pk)
    for query in (
        {"q": user.get_username()},
        {"kind": "account_unlocked"},
        {
            "created_at__gte": f"{event.created_at:%Y-%m-%d} 00:00:00+00:00",
            "q": user.get_username(),
        },
    ):
        page = browser.get(LIST, query)
        assert [found.pk for found in page.context["cl"].result_list] == [event.pk], query
    assert list(browser.get(LIST, {"q": "not an address"}).context["cl"].result_list) == []
    assert list(browser.get(LIST, {"q": "192.0.2"}).context["cl"].result_list) == []


def test_every_kind_can_be_chosen(browser, event):
    assert all(f"?kind={kind}" in browser.get(LIST).text for kind in KINDS)


def test_the_list_costs_the_same_for_one_and_for_fifty(
    browser, event, make_user, django_assert_max_num_queries
):
    costs = []
    for number in (1, 50):
        for _ in range(number):
            record("login_failed", user=make_user().pk)
        with django_assert_max_num_queries(20) as queries:
            browser.get(LIST)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_user_with_events_can_be_deleted_in_the_admin(browser, event, user):
    opts = user._meta
    address = f"/own/{opts.app_label}/{opts.model_name}/{user.pk}/delete/"
    assert browser.post(address, {"post": "yes"}).status_code == 302
    assert not type(user).objects.filter(pk=user.pk).exists()
    event.refresh_from_db()
    assert event.user is None
