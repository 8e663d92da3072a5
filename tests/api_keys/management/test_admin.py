import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import authkit
import pytest
from authkit.core import clock as authkit_clock
from authkit.models import APIKey, SecurityEvent
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session as CookieSession
from django.core.signals import got_request_exception
from django.test import Client, override_settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.views.debug import ExceptionReporter

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
    return {
        "name": name,
        "owner": owner,
        "rate": "",
        "expiry_date_0": "",
        "expiry_date_1": "",
        **extra,
    }


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


def test_a_crash_report_of_the_page_that_shows_a_key_shows_none(browser, settings):
    faulty = "{% load faulty %}{% for made in new_keys %}{% fault made.key %}{% endfor %}"
    [engine] = settings.TEMPLATES
    loaders = [
        ("django.template.loaders.locmem.Loader", {"admin/authkit/apikey/made.html": faulty}),
        "django.template.loaders.app_directories.Loader",
    ]
    library = {"faulty": "tests.api_keys.management.faulty_tags"}
    options = {**engine["OPTIONS"], "loaders": loaders, "libraries": library}
    settings.TEMPLATES = [{**engine, "APP_DIRS": False, "OPTIONS": options}]
    reports = []

    def write(sender, request, **kwargs):
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=True)
        reports.append(reporter.get_traceback_html() + reporter.get_traceback_text())

    got_request_exception.connect(write)
    browser.raise_request_exception = False
    try:
        assert browser.post(LIST + "add/", form()).status_code == 500
    finally:
        got_request_exception.disconnect(write)
    [report] = reports
    assert "a fault of the program" in report
    assert not KEY.search(report)


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


SCOPES = {"books:read": "Read the catalogue", "books:write": "Change the catalogue"}


@override_settings(AUTHKIT={"SCOPES": SCOPES})
def test_a_key_is_bound_in_the_admin_to_what_it_may_do(browser):
    page = browser.get(LIST + "add/").content.decode()
    assert "books:read: Read the catalogue" in page
    body = form(scope=["books:read"], networks="10.0.0.0/8\r\n::1", rate="1000/hour")
    browser.post(LIST + "add/", body)
    api_key = APIKey.objects.get()
    assert (api_key.scopes, api_key.allowed_networks, api_key.rate) == (
        ["books:read"],
        ["10.0.0.0/8", "::1/128"],
        "1000/hour",
    )
    shown = browser.get(change_url(api_key)).content.decode()
    assert "10.0.0.0/8\n::1/128" in shown
    assert re.search(r'value="books:read"[^>]*checked', shown)
    browser.post(change_url(api_key), form(scope=["books:write"], networks=""))
    api_key.refresh_from_db()
    assert (api_key.scopes, api_key.allowed_networks, api_key.rate) == (["books:write"], [], "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": ["books:burn"]},
        {"networks": "10.0.0.1/8"},
        {"networks": "nonsense"},
        {"networks": "\n".join(f"10.0.{n}.0/24" for n in range(33))},
        {"rate": "1000/fortnight"},
        {"rate": "often"},
    ],
    ids=str,
)
@override_settings(AUTHKIT={"SCOPES": SCOPES})
def test_a_key_is_bound_to_nothing_that_makes_no_sense(browser, wrong):
    response = browser.post(LIST + "add/", form(**wrong))
    assert (response.status_code, APIKey.objects.count()) == (200, 0)
    assert next(iter(wrong)) in response.context["adminform"].form.errors


@override_settings(AUTHKIT={"SCOPES": SCOPES, "OWNER_SCOPES": lambda owner: ["books:read"]})
def test_staff_give_no_key_more_than_its_owner_has(browser, user):
    browser.post(LIST + "add/", form(owner=user.pk, scope=["books:write"]))
    assert not APIKey.objects.exists()
    browser.post(LIST + "add/", form(owner=user.pk, scope=["books:read"]))
    assert APIKey.objects.get().scopes == ["books:read"]


def test_a_key_has_an_owner_or_a_group_and_not_both(browser, user):
    group = Group.objects.create(name="importers")
    browser.post(LIST + "add/", form(owner=user.pk, group=group.pk))
    assert not APIKey.objects.exists()
    browser.post(LIST + "add/", form(group=group.pk))
    assert APIKey.objects.get().group == group


def test_the_list_says_when_a_key_was_used_last(browser, make_key):
    make_key()
    assert "never" in browser.get(LIST).content.decode()
    APIKey.objects.update(last_used_at=datetime(2026, 2, 3, 4, 5, tzinfo=UTC))
    assert "never" not in browser.get(LIST).content.decode()


def test_the_page_with_the_key_has_a_button_that_copies_it(browser):
    page = browser.post(LIST + "add/", form()).content.decode()
    code = re.search(r'<code id="([^"]+)"[^>]*>([^<]+)</code>', page)
    assert KEY.fullmatch(code[2])
    assert f'data-copies="{code[1]}"' in page
    assert "style=" not in page  # a Content-Security-Policy may forbid it
    script = re.search(r'<script type="module" src="/static/(authkit[^"]+)"', page)[1]
    assert "clipboard" in (Path(authkit.__file__).parent / "static" / script).read_text()


def act(browser, action, *api_keys):
    body = {"action": action, "_selected_action": [str(api_key.pk) for api_key in api_keys]}
    return browser.post(LIST, body)


def test_keys_are_revoked_as_an_action(browser, make_key, security_log):
    ending, staying = [make_key(), make_key(revoked=True)], make_key()
    assert act(browser, "revoke_keys", *(row for row, _ in ending)).status_code == 302
    assert not APIKey.objects.is_valid(ending[0][1])
    assert APIKey.objects.is_valid(staying[1])
    assert [facts["api_key"] for _, facts in security_log("api_key_revoked")] == [
        str(ending[0][0].pk)
    ]
    assert LogEntry.objects.get().object_id == str(ending[0][0].pk)


@pytest.mark.parametrize(
    ("action", "works"), [("rotate_keys", False), ("rotate_keys_with_overlap", True)]
)
def test_keys_are_rotated_as_an_action(browser, make_key, clock, action, works):
    rotated, expired = [make_key(), make_key()], make_key(expiry_date=authkit_clock.now())
    response = act(browser, action, *(row for row, _ in [*rotated, expired]))
    new = KEY.findall(response.content.decode())
    assert "no-store" in response.headers["Cache-Control"]
    assert {APIKey.objects.get_from_key(key) for key in new} == {row for row, _ in rotated}
    assert [APIKey.objects.is_valid(key) for _, key in rotated] == [works] * 2
    clock.shift(86_400)
    assert [APIKey.objects.is_valid(key) for _, key in rotated] == [False] * 2
    assert [APIKey.objects.is_valid(key) for key in new] == [True] * 2


def test_the_page_of_a_key_says_until_when_the_old_one_works(browser, make_key):
    row, _ = make_key()
    assert ">None<" not in browser.get(change_url(row)).content.decode()
    act(browser, "rotate_keys_with_overlap", row)
    row.refresh_from_db()
    shown = date_format(localtime(row.overlap_ends_at), "DATETIME_FORMAT")
    assert shown in browser.get(change_url(row)).content.decode()


def test_what_cannot_be_rotated_is_said_and_no_key_is_shown(browser, make_key):
    row, _ = make_key(revoked=True)
    response = act(browser, "rotate_keys", row)
    assert response.status_code == 302
    assert "has expired" in browser.get(LIST).content.decode()


def test_actions_require_the_change_permission(make_user, make_key):
    row, key = make_key()
    browser = permitted(make_user, "view")
    for action in ("revoke_keys", "rotate_keys", "rotate_keys_with_overlap"):
        act(browser, action, row)
    assert APIKey.objects.is_valid(key)


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


@pytest.mark.parametrize("column", ["hashed_key", "retiring_hash"])
def test_no_filter_tells_a_hash_letter_by_letter(make_user, make_key, column):
    row, _ = make_key()
    APIKey.objects.update(retiring_hash=row.hashed_key)
    staff = permitted(make_user, "view")
    for start in (row.hashed_key[:10], "nothing"):
        answer = staff.get(LIST, {f"{column}__startswith": start, "prefix": row.prefix})
        assert answer.status_code == 400
    assert staff.get(LIST, {"prefix": row.prefix}).status_code == 200


def test_only_a_superuser_gets_a_key_of_a_superuser(make_user, make_key, admin_user, browser):
    adder, changer = permitted(make_user, "add"), permitted(make_user, "change")
    assert (
        "Only a superuser" in adder.post(LIST + "add/", form(owner=admin_user.pk)).content.decode()
    )
    assert not APIKey.objects.exists()
    theirs, key = make_key(owner=admin_user)
    own, _ = make_key(owner=make_user())
    rotated = act(changer, "rotate_keys", theirs, own)
    [shown] = KEY.findall(rotated.content.decode())
    assert "only a superuser" in rotated.content.decode()
    assert APIKey.objects.get_from_key(shown) == own
    assert APIKey.objects.is_valid(key)
    assert KEY.search(browser.post(LIST + "add/", form(owner=admin_user.pk)).content.decode())
    assert KEY.search(act(browser, "rotate_keys", theirs).content.decode())


def test_every_way_to_make_change_or_end_a_key_is_an_event_of_its_owner(browser, make_key, user):
    def told():
        kinds = list(SecurityEvent.objects.of(user).values_list("kind", flat=True))
        SecurityEvent.objects.all()._raw_delete("default")
        return sorted(kinds)

    browser.post(LIST + "add/", form(owner=user.pk))
    assert told() == ["api_key_created"]
    row = APIKey.objects.get()
    browser.post(change_url(row), form(owner=user.pk))
    assert told() == []
    browser.post(change_url(row), form("renamed", owner=user.pk, revoked="on"))
    assert told() == ["api_key_changed", "api_key_revoked"]
    browser.post(reverse("admin:authkit_apikey_delete", args=[row.pk]), {"post": "yes"})
    assert told() == []  # it had ended before
    rows = [make_key(owner=user)[0] for _ in range(3)]
    browser.post(reverse("admin:authkit_apikey_delete", args=[rows[0].pk]), {"post": "yes"})
    assert told() == ["api_key_revoked"]
    selected = {"_selected_action": [str(row.pk) for row in rows[1:]]}
    browser.post(LIST, {"action": "delete_selected", "post": "yes", **selected})
    assert told() == ["api_key_revoked", "api_key_revoked"]
    assert not APIKey.objects.exists()


def test_a_user_who_is_not_staff_is_redirected_to_log_in(make_user):
    assert logged_in(make_user()).get(LIST).status_code == 302


def test_a_key_opens_no_page_of_the_admin(make_key, admin_user):
    _, key = make_key(owner=admin_user)
    assert Client().get("/admin/", HTTP_X_API_KEY=key).status_code == 302
