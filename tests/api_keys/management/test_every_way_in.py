"""Endpoint, admin, command and Python refuse the same keys, and nothing prolongs one that ended."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from authkit.api_keys import flows
from authkit.api_keys.validation import MAX_NETWORKS
from authkit.core import clock as authkit_clock
from authkit.errors import APIKeyEnded
from authkit.models import APIKey, ImportedKey, SecurityEvent
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import models
from django.test import Client, override_settings
from django.urls import reverse
from rest_framework.exceptions import ValidationError as RequestInvalid
from rest_framework_api_key.models import APIKey as OldKey

from tests.api_keys.calls import Person, assert_refused
from tests.api_keys.management.test_admin import change_url, form

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.urls")]

TOO_MANY = [f"10.0.{number}.0/24" for number in range(MAX_NETWORKS + 1)]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def browser(make_user):
    browser = Client()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    return browser


WRONG = {
    "expired": {"expiry_date": LONG_AGO},
    "ends in 200 years": {"expiry_date": datetime(2226, 1, 1, tzinfo=UTC)},
    "33 networks": {"allowed_networks": TOO_MANY},
    "rate": {"rate": "often"},
    "rate of no period": {"rate": "10/fortnight"},
    "two lines": {"name": "a\nb"},
    "blank": {"name": " "},
    "long name": {"name": "x" * 51},
    "unknown scope": {"scopes": ["books:burn"]},
}


@pytest.mark.parametrize("fields", WRONG.values(), ids=WRONG)
def test_python_makes_no_such_key(fields, user):
    for owner in (None, user):
        with pytest.raises(ValidationError):
            APIKey.objects.create_key(**{"name": "job", "owner": owner, **fields})
    assert not APIKey.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [{"expires_at": LONG_AGO}, {"allowed_networks": TOO_MANY}, {"name": "a\nb"}],
    ids=["expired", "33 networks", "two lines"],
)
def test_the_flows_make_and_change_no_key_to_it(fields, client, user):
    client.pair(user)
    session = user.authkit_sessions.get()
    with pytest.raises(RequestInvalid):
        flows.create_key(user, session, **{"name": "job", **fields})
    made = flows.create_key(user, session, name="job")
    with pytest.raises(RequestInvalid):
        flows.change_key(user, session, made.api_key.pk, fields)
    assert APIKey.objects.values("name", "expiry_date", "networks").get() == {
        "name": "job",
        "expiry_date": None,
        "networks": "",
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([f"--network={network}" for network in TOO_MANY], "That is too many networks."),
        (["--rate=often"], "Enter a rate such as 1000/hour."),
        (["--expires-in-days=40000"], "Choose an earlier time, or none."),
    ],
    ids=["33 networks", "rate", "109 years"],
)
def test_the_command_makes_no_such_key(arguments, sentence):
    with pytest.raises(CommandError) as caught:
        call_command("authkit_create_api_key", "job", *arguments)
    assert str(caught.value) == sentence
    assert not APIKey.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"expiry_date_0": "2020-01-01", "expiry_date_1": "00:00"},
        {"expiry_date_0": "2226-01-01", "expiry_date_1": "00:00"},
        {"rate": "often"},
        {"networks": "\n".join(TOO_MANY)},
        {"name": "a\u202eb"},
    ],
    ids=["expired", "200 years", "rate", "33 networks", "unprintable"],
)
def test_the_admin_makes_and_changes_no_key_to_it(browser, make_key, wrong):
    page = browser.post(reverse("admin:authkit_apikey_add"), form(**wrong))
    assert (page.status_code, APIKey.objects.count()) == (200, 0)
    assert page.context["adminform"].form.errors
    row, _ = make_key()
    before = APIKey.objects.values().get()
    assert browser.post(change_url(row), form(**wrong)).status_code == 200
    assert APIKey.objects.values().get() == before


def test_a_rate_that_sql_wrote_refuses_the_key_and_fails_nothing(client, make_key):
    _, key = make_key()
    models.QuerySet(APIKey).update(rate="often")
    assert_refused(client, key)
    assert SecurityEvent.objects.get().facts["reason"] == "rate"


# --- nothing prolongs a key that has ended ---------------------------------------------------


@pytest.fixture
def expired(user, make_key, clock):
    row, key = make_key(owner=user, expiry_date=authkit_clock.now() + timedelta(seconds=1))
    clock.shift(1)
    return row, key


LATER = {"expiry_date_0": "2099-01-01", "expiry_date_1": "00:00"}


@pytest.mark.parametrize("changes", [LATER, {}], ids=["later", "never"])
def test_an_administrator_does_not(browser, client, expired, changes):
    row, key = expired
    before = APIKey.objects.values().get()
    browser.post(change_url(row), form(**changes))
    assert APIKey.objects.values().get() == before
    assert browser.get(change_url(row)).status_code == 200
    assert_refused(client, key)


def test_an_administrator_who_saves_as_it_expires_does_not(make_key, clock, rf):
    row, key = make_key(expiry_date=authkit_clock.now() + timedelta(seconds=1))
    copy = APIKey.objects.get()
    copy.expiry_date = None
    copy.full_clean()  # the form was valid
    clock.shift(1)
    with pytest.raises(ValidationError, match="has expired"):
        copy.save()
    with pytest.raises(ValidationError, match="has expired"):
        copy.full_clean()
    assert APIKey.objects.get().expiry_date == row.expiry_date
    assert not APIKey.objects.is_valid(key)


def test_what_else_describes_an_expired_key_can_be_saved(expired):
    row = APIKey.objects.get()
    row.name = "renamed"
    row.save()
    assert APIKey.objects.values_list("name", "expiry_date").get() == (
        "renamed",
        expired[0].expiry_date,
    )


def test_the_owner_does_not(client, user, expired):
    answer = Person(client, user).change(expired[0].pk, expires_at=None)
    assert (answer.status_code, answer.data["detail"].code) == (409, "api_key_ended")
    with pytest.raises(APIKeyEnded):
        flows.rotate(expired[0])


# --- nor a second import -----------------------------------------------------------------------


def run():
    out = StringIO()
    call_command("authkit_import_api_keys", stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("how", ["admin", "admin of many", "delete()", "owner"])
def test_an_imported_key_that_was_deleted_here_does_not_come_back(browser, client, how, user):
    row, _ = OldKey.objects.create_key(name="partner")
    assert run() == ["1 keys taken over."]
    moved = APIKey.objects.get()
    if how == "admin":
        browser.post(reverse("admin:authkit_apikey_delete", args=[moved.pk]), {"post": "yes"})
    elif how == "admin of many":
        chosen = {"action": "delete_selected", "_selected_action": [str(moved.pk)], "post": "yes"}
        browser.post(reverse("admin:authkit_apikey_changelist"), chosen)
    elif how == "owner":
        models.QuerySet(APIKey).update(owner=user)
        user.delete()
    else:
        moved.delete()
    assert not APIKey.objects.exists()
    left = f"left {row.prefix}: it was imported before, and deleted here"
    assert run() == [left, "0 keys taken over."]
    assert not APIKey.objects.exists()


def test_an_import_that_fails_leaves_no_trace_and_can_be_repeated(make_key):
    row, _ = OldKey.objects.create_key(name="partner")
    other, _ = make_key()
    models.QuerySet(APIKey).filter(pk=other.pk).update(prefix=row.prefix)
    assert run()[-1] == "0 keys taken over."
    assert not ImportedKey.objects.exists()
    other.delete()
    assert run() == ["1 keys taken over."]


def test_an_expired_key_is_left(db):
    row, _ = OldKey.objects.create_key(name="partner", expiry_date=LONG_AGO)
    assert run() == [f"left {row.prefix}: it has expired", "0 keys taken over."]


@override_settings(AUTHKIT={"SCOPES": {"books:read": "Read"}})
def test_all_ways_take_what_is_right(browser, client, user):
    client.pair(user)
    session = user.authkit_sessions.get()
    fields = {"scopes": ["books:read"], "allowed_networks": TOO_MANY[:-1]}
    later = authkit_clock.now() + timedelta(days=1)
    flows.create_key(user, session, name="job", expires_at=later, **fields)
    APIKey.objects.create_key(name="job", rate="9/min", expiry_date=None, **fields)
    call_command("authkit_create_api_key", "job", "--rate=9/min", stdout=StringIO())
    page = browser.post(reverse("admin:authkit_apikey_add"), form(**LATER, rate="9/min"))
    assert page.status_code == 200
    assert APIKey.objects.count() == 4
