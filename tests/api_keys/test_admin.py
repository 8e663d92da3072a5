import re
from datetime import timedelta

import pytest
from authkit.core import clock as authkit_clock
from authkit.models import APIKey
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session as CookieSession
from django.test import Client
from django.urls import reverse

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.urls")]

KEY = re.compile(r"ak_[A-Za-z0-9]{8}_[A-Za-z0-9]{38}")
LIST = "/admin/authkit/apikey/"


@pytest.fixture
def admin_user(make_user):
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def browser(admin_user):
    return logged_in(admin_user)


def logged_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


def change_url(api_key):
    return reverse("admin:authkit_apikey_change", args=[api_key.pk])


def form(name="ci", owner="", **extra):
    return {"name": name, "owner": owner, "expiry_date_0": "", "expiry_date_1": "", **extra}


def test_adding_shows_a_key_that_works_exactly_once(browser, user):
    response = browser.post(LIST + "add/", form(owner=user.pk))

    assert response.status_code == 200
    assert len(KEY.findall(response.content.decode())) == 1
    api_key = APIKey.objects.get_from_key(KEY.search(response.content.decode())[0])
    assert (api_key.name, api_key.owner) == ("ci", user)


def test_the_answer_that_shows_a_key_is_not_stored_anywhere(browser):
    response = browser.post(LIST + "add/", form())
    key = KEY.search(response.content.decode())[0]
    secret = key.split("_")[2]

    assert "no-store" in response.headers["Cache-Control"].split(", ")
    assert not any(secret in str(cookie) for cookie in browser.cookies.values())
    assert not any(secret in str(dict(row.get_decoded())) for row in CookieSession.objects.all())
    assert not any(secret in str(vars(entry)) for entry in LogEntry.objects.all())
    assert LogEntry.objects.count() == 1
    for address in (LIST, "/admin/", change_url(APIKey.objects.get())):
        assert secret not in browser.get(address).content.decode()


@pytest.mark.parametrize("button", ["_save", "_continue", "_addanother"])
def test_the_key_is_shown_whichever_button_saves(browser, button):
    response = browser.post(LIST + "add/", form(**{button: "x"}))
    assert response.status_code == 200
    assert KEY.search(response.content.decode())


@pytest.mark.parametrize("name", ["", "x" * 51], ids=["no name", "a name too long"])
def test_a_refused_form_makes_no_key(browser, name):
    response = browser.post(LIST + "add/", form(name=name))
    assert response.status_code == 200
    assert APIKey.objects.count() == 0
    assert not KEY.search(response.content.decode())


def test_a_name_is_escaped(browser):
    response = browser.post(LIST + "add/", form(name="<script>alert(1)</script>"))
    assert "<script>alert(1)" not in response.content.decode()


@pytest.mark.parametrize("revoked", [False, True])
def test_no_page_shows_hash_or_key(browser, make_key, revoked):
    api_key, key = make_key(revoked=revoked)
    digest = api_key.hashed_key.split("$")[-1]
    pages = [LIST, change_url(api_key), change_url(api_key).replace("change", "history")]
    pages += [change_url(api_key).replace("change", "delete"), LIST + "?q=" + api_key.prefix]
    for page in pages:
        content = browser.get(page).content.decode()
        assert not any(part in content for part in (digest, key, key.split("_")[2]))
        assert digest not in page


def test_a_key_is_revoked_in_the_admin(browser, make_key):
    api_key, key = make_key()
    response = browser.post(change_url(api_key), form(name="night job", revoked="on"))
    assert response.status_code == 302
    with pytest.raises(APIKey.DoesNotExist):
        APIKey.objects.get_from_key(key)


def test_a_revoked_key_cannot_be_edited_back(browser, make_key, user):
    api_key, _ = make_key(revoked=True)
    before = APIKey.objects.values().get()
    browser.post(change_url(api_key), form(name="other", owner=user.pk, prefix="AAAAAAAA"))
    assert APIKey.objects.values().get() == before


def test_a_key_is_not_handed_to_another_owner(browser, make_key, make_user):
    owner, other = make_user(), make_user()
    api_key, key = make_key(owner=owner)
    body = form(name="renamed", owner=other.pk, prefix="AAAAAAAA", hashed_key="x")
    assert browser.post(change_url(api_key), body).status_code == 302
    found = APIKey.objects.get_from_key(key)
    assert (found.name, found.owner) == ("renamed", owner)


def test_changing_a_key_leaves_the_key_as_it_is(browser, make_key):
    api_key, key = make_key(expiry_date=authkit_clock.now() + timedelta(days=1))
    browser.post(change_url(api_key), form(name="renamed"))
    found = APIKey.objects.get_from_key(key)
    assert (found.name, found.expiry_date) == ("renamed", None)


def permitted(make_user, *actions):
    user = make_user(is_staff=True)
    codenames = [f"{action}_apikey" for action in actions]
    user.user_permissions.set(
        Permission.objects.filter(codename__in=codenames, content_type__app_label="authkit")
    )
    return logged_in(user)


@pytest.mark.parametrize(
    ("actions", "adds", "changes"),
    [((), 403, 403), (("view",), 403, 403), (("add",), 200, 403), (("change",), 403, 302)],
    ids=lambda value: "+".join(value) or "nothing" if isinstance(value, tuple) else None,
)
def test_the_admin_does_what_its_user_may(make_user, make_key, actions, adds, changes):
    browser = permitted(make_user, *actions)
    api_key, _ = make_key()
    assert browser.post(LIST + "add/", form()).status_code == adds
    assert browser.post(change_url(api_key), form(revoked="on")).status_code == changes
    api_key.refresh_from_db()
    assert api_key.revoked is (changes == 302)
    assert APIKey.objects.count() == (2 if adds == 200 else 1)


def test_whoever_is_not_staff_is_sent_to_log_in(make_user):
    assert logged_in(make_user()).get(LIST).status_code == 302


def test_a_key_opens_no_page_of_the_admin(make_key, admin_user):
    _, key = make_key(owner=admin_user)
    assert Client().get("/admin/", HTTP_X_API_KEY=key).status_code == 302
