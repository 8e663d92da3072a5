"""The admin shows sessions, ends them, and changes nothing else about them."""

from datetime import timedelta

import pytest
from authkit.models import SecurityEvent, Session
from authkit.sessions.admin import state_of
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import include, path

from tests.conftest import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

site = admin.AdminSite(name="own")
site.register(get_user_model())
site.register(Session, type(admin.site.get_model_admin(Session)))
urlpatterns = [
    path("admin/", admin.site.urls),
    path("own/", site.urls),
    path("api/v1/auth/", include("authkit.urls")),
]

LIST = "/admin/authkit/session/"


def browser_of(user):
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def root(make_user):
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def browser(root):
    return browser_of(root)


@pytest.fixture
def clerk(make_user):
    """A function: a member of staff with these permissions."""

    def clerk(*codenames):
        clerk = make_user("clerk", is_staff=True)
        # Django's cookie sessions have permissions of the same name.
        apps = ["authkit", clerk._meta.app_label]
        may = Permission.objects.filter(codename__in=codenames, content_type__app_label__in=apps)
        clerk.user_permissions.set(may)
        assert clerk.user_permissions.count() == len(codenames)
        return clerk

    return clerk


@pytest.fixture
def session(client, user, clock):
    client.defaults["HTTP_USER_AGENT"] = "Browser/1.0 " + "x" * 100
    client.pair(user)
    return Session.objects.get()


def end(browser, *sessions):
    body = {"action": "end_sessions", "_selected_action": [each.pk for each in sessions]}
    return browser.post(LIST, body, follow=True)


def change_url(session):
    return f"{LIST}{session.pk}/change/"


def found(browser, **query):
    return {each.pk for each in browser.get(LIST, query).context["cl"].result_list}


# --- what is shown -----------------------------------------------------------------------------


def test_it_lists_them_with_user_client_and_state(browser, session, user):
    page = browser.get(LIST).text
    for text in (user.get_username(), "127.0.0.1", "Browser/1.0", ">active<", ">pwd<"):
        assert text in page
    assert "x" * 50 not in page


def test_no_token_and_no_fingerprint_is_shown(browser, session, client, user):
    pair = client.pair(user)
    for url in (LIST, change_url(session)):
        page = browser.get(url).text
        for secret in (session.password_fingerprint, pair["access"], pair["refresh"]):
            assert secret not in page
        assert "fingerprint" not in page


@pytest.mark.parametrize("lookup", ["password_fingerprint", "password_fingerprint__startswith"])
def test_no_filter_in_the_url_discloses_a_fingerprint(browser, session, lookup):
    answer = browser.get(LIST, {lookup: session.password_fingerprint[:3]})
    assert answer.status_code == 400


def revoke(session):
    session.revoked_at = session.created_at


def run_out(session):
    session.idle_expires_at = session.created_at


def wait(session):
    session.pending_until = session.created_at + timedelta(minutes=5)


def wait_in_vain(session):
    session.pending_until = session.created_at


def enrol_only(session):
    session.enrolment_only = True


def deactivate(session):
    session.user.is_active = False
    session.user.save()


def set_password(session):
    session.user.set_password("another correct horse")
    session.user.save()


STATES = [
    (lambda session: None, "active", "active"),
    (enrol_only, "active, to set up a second factor", "active"),
    (wait, "waits for a second factor", "pending"),
    (wait_in_vain, "expired", "expired"),
    (run_out, "expired", "expired"),
    (revoke, "ended", "ended"),
    (deactivate, "account not active", None),
    (set_password, "password changed", "active"),
]


@pytest.mark.parametrize(("change", "words", "state"), STATES)
def test_the_state_says_whether_its_tokens_are_valid_and_is_filtered_by(
    browser, session, change, words, state
):
    change(session)
    session.save()
    session.refresh_from_db()
    assert str(state_of(session)) == words
    assert f">{words}<" in browser.get(LIST).text
    for each in ("active", "pending", "ended", "expired"):
        assert found(browser, state=each) == ({session.pk} if each == state else set()), each


def test_they_are_found_by_user_and_ip(browser, session, user, make_user):
    Client(REMOTE_ADDR="192.0.2.7").pair(make_user("bob"))
    other = Session.objects.exclude(pk=session.pk).get()
    assert found(browser, q=user.get_username()) == {session.pk}
    assert found(browser, q="192.0.2") == {other.pk}
    assert found(browser, q="not an address") == set()


def test_the_list_costs_the_same_for_one_and_for_fifty(browser, make_user, session):
    costs = []
    for number in (1, 50):
        for _ in range(number):
            Session.objects.filter(pk=session.pk).update(user=make_user())
            session.pk = None
            session._state.adding = True
            session.save()
        with CaptureQueriesContext(connection) as queries:
            browser.get(LIST)
        costs.append(len(queries))
    assert costs[0] == costs[1]


# --- what can be done --------------------------------------------------------------------------


def test_an_administrator_ends_sessions_and_it_is_recorded(
    browser, root, client, user, sent, clock
):
    pairs = [client.pair(user) for _ in range(3)]
    sessions = [*Session.objects.order_by("created_at")]
    page = end(browser, *sessions[:2])
    assert "2 sessions were ended." in page.text
    assert sorted(client.refresh(pair["refresh"]).status_code for pair in pairs) == [200, 401, 401]
    events = SecurityEvent.objects.filter(kind="session_ended")
    assert {event.session_id for event in events} == {each.pk for each in sessions[:2]}
    assert {event.facts["reason"] for event in events} == {"ended_by_administrator"}
    assert {str(event.facts["actor"]) for event in events} == {str(root.pk)}
    assert [name for name, _ in sent].count("session_ended") == 2
    assert LogEntry.objects.filter(user=root, change_message="Ended.").count() == 2


def test_a_log_in_that_waits_for_its_second_factor_can_be_ended(browser, session):
    wait(session)
    session.save()
    end(browser, session)
    session.refresh_from_db()
    assert session.revoked_at is not None


def test_what_has_ended_is_not_ended_again(browser, session):
    end(browser, session)
    before = Session.objects.get().revoked_at
    assert "0 sessions were ended." in end(browser, session).text
    assert Session.objects.get().revoked_at == before
    assert SecurityEvent.objects.filter(kind="session_ended").count() == 1


def test_staff_who_may_only_look_cannot_end_one(clerk, session):
    browser = browser_of(clerk("view_session"))
    assert browser.get(LIST).status_code == 200
    assert "end_sessions" not in browser.get(LIST).text
    end(browser, session)
    session.refresh_from_db()
    assert session.revoked_at is None


def test_staff_without_a_permission_see_none(clerk, session):
    browser = browser_of(clerk())
    for url in (LIST, change_url(session)):
        assert browser.get(url).status_code == 403
    assert "Sessions" not in browser.get("/admin/").text
    end(browser, session)
    session.refresh_from_db()
    assert session.revoked_at is None


def test_staff_who_may_end_sessions_do_not_end_those_of_a_superuser(clerk, client, root, user):
    client.pair(root)
    client.pair(user)
    page = end(browser_of(clerk("view_session", "delete_session")), *Session.objects.all())
    assert "only a superuser can do this for a superuser" in page.text
    assert {each.user: each.revoked_at is None for each in Session.objects.all()} == {
        root: True,
        user: False,
    }


def test_nothing_is_added_changed_or_deleted(browser, session):
    for url in (f"{LIST}add/", f"{LIST}{session.pk}/delete/"):
        assert browser.get(url).status_code == 403
        assert browser.post(url, {"post": "yes"}).status_code == 403
    assert browser.post(change_url(session), {"ip": "192.0.2.1"}).status_code == 403
    browser.post(LIST, {"action": "delete_selected", "_selected_action": [session.pk], "post": 1})
    page = browser.get(change_url(session)).text
    assert 'name="_save"' not in page
    assert "deletelink" not in page
    session.refresh_from_db()
    assert session.ip == "127.0.0.1"


def test_a_user_with_sessions_can_be_deleted_by_staff_who_may_delete_users(clerk, session, user):
    opts = user._meta
    may = [f"{verb}_{opts.model_name}" for verb in ("view", "delete")]
    browser = browser_of(clerk(*may))
    url = f"/own/{opts.app_label}/{opts.model_name}/{user.pk}/delete/"
    assert browser.post(url, {"post": "yes"}).status_code == 302
    assert not Session.objects.exists()
