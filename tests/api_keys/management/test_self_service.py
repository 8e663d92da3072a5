"""``api-keys/``: what people do with keys of their own."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from unittest.mock import ANY

import pytest
from authkit.api_keys import flows
from authkit.api_keys.models import APIKey, APIKeyQuerySet
from django.test import override_settings

from tests.api_keys.calls import KEYS, Person, assert_refused, assert_works, with_key
from tests.conftest import AUTH, bearer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.urls")]

SCOPES = {"books:read": "Read the catalogue", "books:write": "Change the catalogue"}


@pytest.fixture
def person(client, user):
    return Person(client, user)


@pytest.fixture
def other_user(client, make_user):
    return Person(client, make_user())


@override_settings(TIME_ZONE="UTC", AUTHKIT={"SCOPES": SCOPES, "API_KEY_RATE": "1000/hour"})
def test_a_key_is_made_and_shown_once(client, clock, user):
    person = Person(client, user)
    answer = person.create(
        scopes=["books:read"],
        expires_at="2026-06-01T00:00:00+02:00",
        allowed_networks=["127.0.0.0/8", "2001:DB8::/32"],
    )

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    api_key = APIKey.objects.get()
    shown = {
        "id": str(api_key.pk),
        "prefix": api_key.prefix,
        "name": "nightly import",
        "scopes": ["books:read"],
        "allowed_networks": ["127.0.0.0/8", "2001:db8::/32"],
        "rate": "1000/hour",
        "created_at": "2026-03-01T12:00:00.250000Z",
        "expires_at": "2026-05-31T22:00:00Z",
        "last_used_at": None,
        "last_used_ip": None,
        "overlap_ends_at": None,
    }
    key = answer.json()["key"]
    assert answer.json() == {"key": key, **shown}
    assert person.list().json() == [shown]
    assert person.read(api_key.pk).json() == shown
    assert_works(client, key)
    assert client.get("/key", **with_key(key)).json()["name"] == str(user)


def test_the_least_that_makes_a_key_is_a_name(person):
    made = person.made()
    assert (made["scopes"], made["allowed_networks"], made["rate"]) == ([], [], "")
    assert (made["expires_at"], made["last_used_at"]) == (None, None)


def test_lists_are_of_ones_own_keys_the_newest_first(person, other_user, make_key):
    other_user.made(name="not yours")
    make_key(name="unknown")
    for name in ("first", "second", "third"):
        person.made(name=name)
    assert [key["name"] for key in person.list().json()] == ["third", "second", "first"]


def test_neither_lists_nor_answers_show_hash_or_key_again(person):
    made = person.made()
    digest = APIKey.objects.get().hashed_key.split("$")[-1]
    secret = made["key"].split("_")[2]
    answers = [
        person.list(),
        person.read(made["id"]),
        person.change(made["id"], name="other"),
        person.rotate(made["id"]),
    ]
    for answer in answers:
        assert answer.status_code in (200, 201)
        assert digest not in answer.content.decode()
        assert secret not in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "patch", "delete", "post"])
@pytest.mark.parametrize("whose", ["another user's", "a service's", "revoked", "unknown"])
def test_the_id_of_a_key_that_is_not_yours_is_404(person, other_user, make_key, method, whose):
    ids = {
        "another user's": lambda: other_user.made()["id"],
        "a service's": lambda: make_key()[0].pk,
        "revoked": lambda: make_key(owner=person.user, revoked=True)[0].pk,
        "unknown": uuid.uuid4,
    }
    key_id = ids[whose]()
    before = list(APIKey.objects.values())
    path = f"{KEYS}{key_id}/" + ("rotate/" if method == "post" else "")
    answer = getattr(person.client, method)(
        path, {"name": "x"} if method == "patch" else {}, **person.headers
    )
    assert (answer.status_code, answer.json()) == (404, {"detail": ANY, "code": "not_found"})
    assert list(APIKey.objects.values()) == before


@pytest.mark.parametrize("key_id", ["1", "x", "%00", "0" * 400, "00000000-0000-0000-0000"])
def test_what_is_no_id_is_404(person, key_id):
    for answer in (person.read(key_id), person.revoke(key_id), person.rotate(key_id)):
        assert answer.status_code == 404


def test_a_key_is_renamed_and_goes_on_working(client, person):
    made = person.made()
    answer = person.change(made["id"], name="weekly import")
    assert (answer.status_code, answer.json()["name"]) == (200, "weekly import")
    assert person.read(made["id"]).json() == answer.json()
    assert_works(client, made["key"])


@override_settings(TIME_ZONE="UTC", AUTHKIT={"SCOPES": SCOPES})
def test_a_change_changes_what_it_names_and_nothing_else(person):
    made = person.made(scopes=["books:read"], allowed_networks=["10.0.0.0/8"])
    before = person.read(made["id"]).json()
    changes = {
        "scopes": ["books:write"],
        "allowed_networks": ["192.0.2.0/24"],
        "expires_at": "2099-01-01T00:00:00Z",
    }
    for name, value in changes.items():
        assert person.change(made["id"], **{name: value}).status_code == 200
        before[name] = value
        assert person.read(made["id"]).json() == before
    assert person.change(made["id"]).json() == before
    before["expires_at"] = None
    assert person.change(made["id"], expires_at=None).json() == before


def test_a_revoked_key_is_refused_at_the_next_request_and_leaves_the_list(client, person):
    made = person.made()
    assert_works(client, made["key"])
    assert person.revoke(made["id"]).status_code == 204
    assert_refused(client, made["key"])
    assert person.list().json() == []
    assert person.revoke(made["id"]).status_code == 404


# --- what a body may say ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "member",
    [
        "user",
        "owner",
        "owner_id",
        "id",
        "pk",
        "prefix",
        "hashed_key",
        "revoked",
        "created",
        "created_at",
        "rate",
        "group",
        "last_used_at",
        "slot",
        "retiring_hash",
        "key",
        "is_staff",
    ],
)
def test_no_other_member_is_taken(person, make_user, member):
    made = person.made()
    other = make_user()
    for value in (
        other.pk if isinstance(other.pk, int) else str(other.pk),
        None,
        False,
        "AAAAAAAA",
    ):
        for answer in (
            person.create(**{member: value}),
            person.change(made["id"], **{member: value}),
        ):
            assert answer.status_code == 400
            assert answer.json() == {member: ["This field does not exist or is read-only."]}
            assert answer.data[member][0].code == "unknown_field"
    assert APIKey.objects.get().owner == person.user


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 51, None, 5, True, [], {}, "a\nb", "a\0b", "\u202e"]
)
def test_a_name_is_one_visible_line(person, name):
    answer = person.client.generic(
        "POST", KEYS, json.dumps({"name": name}), content_type="application/json", **person.headers
    )
    assert (answer.status_code, list(answer.json())) == (400, ["name"])


def test_a_name_is_needed_to_make_a_key(person):
    answer = person.client.post(KEYS, {}, **person.headers)
    assert answer.json() == {"name": ["This field is required."]}


@pytest.mark.parametrize(
    ("value", "end"),
    [
        ("2026-03-01T12:00:01Z", "2026-03-01T12:00:01Z"),
        ("2026-03-01T13:00:00.250001+01:00", "2026-03-01T12:00:00.250001Z"),
        ("2026-03-01", "2026-03-02T00:00:00Z"),
        ("2028-02-29", "2028-03-01T00:00:00Z"),
        ("2126-02-28", "2126-03-01T00:00:00Z"),
        (None, None),
    ],
)
@override_settings(TIME_ZONE="UTC")
def test_a_key_ends_at_a_moment_or_with_a_day(client, clock, user, value, end):
    assert Person(client, user).made(expires_at=value)["expires_at"] == end


@override_settings(TIME_ZONE="America/New_York")
def test_a_day_is_one_of_the_projects_time_zone(client, clock, user):
    api_key = APIKey.objects.get(pk=Person(client, user).made(expires_at="2026-03-01")["id"])
    assert api_key.expiry_date == datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T12:00:00.250000Z",
        "2026-02-28",
        "1970-01-01",
        "0001-01-01",
        "2200-01-01",
        "9999-12-31",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        "10000-01-01",
        "2027-02-29",
        "2027-13-01",
        "tomorrow",
        "",
        " ",
        "30d",
        "NaN",
        "\u0662\u0660\u0662\u0667-01-01",
        5,
        4102444800,
        True,
        [],
        {},
        "2027-01-01" + " " * 100,
    ],
    ids=repr,
)
def test_a_key_does_not_end_in_the_past_nor_after_all_time(client, clock, user, value):
    answer = Person(client, user).create(expires_at=value)
    assert (answer.status_code, list(answer.json())) == (400, ["expires_at"])
    assert not APIKey.objects.exists()


@pytest.mark.parametrize(
    "value",
    [
        "10.0.0.0/8",
        None,
        {},
        [5],
        [None],
        [["10.0.0.0/8"]],
        [""],
        ["10.0.0.1/8"],
        ["fe80::1%eth0"],
        ["10.0.0.0/8"] * 33,
        ["x" * 51],
        ["10.0.0.0/8\n"],
        ["10.0.0.0/8", "nonsense"],
        [True],
    ],
    ids=lambda value: repr(value)[:40],
)
def test_networks_are_a_list_of_networks(person, value):
    answer = person.create(allowed_networks=value)
    assert (answer.status_code, list(answer.json())) == (400, ["allowed_networks"])
    assert not APIKey.objects.exists()


# --- scopes ---------------------------------------------------------------------------------------


@override_settings(AUTHKIT={"SCOPES": SCOPES})
@pytest.mark.parametrize("scopes", [["books:burn"], ["books:read", ""], ["books:read books:write"]])
def test_a_scope_that_is_not_declared_is_not_given(person, scopes):
    made = person.made()
    for answer in (person.create(scopes=scopes), person.change(made["id"], scopes=scopes)):
        assert answer.status_code == 400
    assert [key["scopes"] for key in person.list().json()] == [[]]


@override_settings(AUTHKIT={"SCOPES": SCOPES})
@pytest.mark.parametrize("scopes", ["books:read", None, {}, [5], [None], ["x" * 101], ["a"] * 101])
def test_scopes_are_a_list_of_strings(person, scopes):
    answer = person.create(scopes=scopes)
    assert (answer.status_code, list(answer.json())) == (400, ["scopes"])


def scopes_of(user):
    return SCOPES if user.is_staff else {"books:read", "never:declared"}


@override_settings(AUTHKIT={"SCOPES": SCOPES, "OWNER_SCOPES": scopes_of})
def test_a_key_gets_no_scope_that_its_owner_lacks(client, make_user):
    reader, staff = Person(client, make_user()), Person(client, make_user(is_staff=True))
    made = reader.made(scopes=["books:read"])
    for scopes in (["books:write"], ["books:read", "books:write"], ["never:declared"]):
        for answer in (reader.create(scopes=scopes), reader.change(made["id"], scopes=scopes)):
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_scope")
    assert [key["scopes"] for key in reader.list().json()] == [["books:read"]]
    assert staff.made(scopes=["books:write"])["scopes"] == ["books:write"]


def offered_to(person):
    answer = person.client.options(KEYS, **person.headers)
    assert answer.status_code == 200, answer.content
    scopes = answer.json()["actions"]["POST"]["scopes"]["child"]["choices"]
    return {scope["value"]: scope["display_name"] for scope in scopes}


@override_settings(AUTHKIT={"SCOPES": SCOPES, "OWNER_SCOPES": scopes_of})
def test_options_tells_a_user_which_scopes_a_key_may_get(client, make_user):
    reader, staff = Person(client, make_user()), Person(client, make_user(is_staff=True))
    assert offered_to(reader) == {"books:read": SCOPES["books:read"]}
    assert offered_to(staff) == SCOPES


@override_settings(AUTHKIT={"SCOPES": SCOPES})
def test_options_offers_all_scopes_where_every_user_may_give_all(person):
    assert offered_to(person) == SCOPES


@override_settings(AUTHKIT={"SCOPES": SCOPES})
def test_options_tells_the_scopes_to_users_alone(client, make_key):
    assert client.options(KEYS).status_code == 401
    assert client.options(KEYS, **with_key(make_key()[1])).status_code == 401


# --- the quota --------------------------------------------------------------------------------


@override_settings(AUTHKIT={"API_KEY_QUOTA": 2})
def test_a_user_has_no_more_keys_than_the_quota(person, other_user):
    first = person.made()
    person.made()
    answer = person.create()
    assert (answer.status_code, answer.json()["code"]) == (409, "api_key_quota_exceeded")
    assert other_user.create().status_code == 201
    assert person.revoke(first["id"]).status_code == 204
    assert person.create().status_code == 201
    assert person.create().status_code == 409


@override_settings(AUTHKIT={"API_KEY_QUOTA": 1})
def test_a_revoked_or_expired_key_leaves_room_in_the_quota(client, clock, user):
    person = Person(client, user)
    roads = [
        lambda rows: rows.delete(),
        lambda rows: rows.update(revoked=True),
        lambda rows: rows.update(expiry_date=datetime(2020, 1, 1, tzinfo=UTC)),
        lambda rows: [row.delete() for row in rows],
    ]
    for road in roads:
        person.made()
        assert person.create().status_code == 409
        road(APIKey.objects.exclude(slot=None))
        assert APIKey.objects.live().count() == 0


@override_settings(AUTHKIT={"API_KEY_QUOTA": 1})
def test_an_expired_key_does_not_come_back_past_the_quota(client, clock, user):
    person = Person(client, user)
    old = person.made(expires_at="2026-03-01T12:01:00Z")
    clock.shift(60)
    assert_refused(client, old["key"])
    for answer in (
        person.change(old["id"], expires_at="2027-01-01"),
        person.change(old["id"], name="risen"),
        person.rotate(old["id"]),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "api_key_ended")
    assert person.create().status_code == 201
    assert person.list().json()[1]["name"] == "nightly import"


@override_settings(AUTHKIT={"API_KEY_QUOTA": 1})
def test_a_key_that_expires_while_it_is_changed_does_not_either(client, clock, user, monkeypatch):
    person = Person(client, user)
    old = person.made(expires_at="2026-03-01T12:01:00Z")
    update = APIKeyQuerySet.update

    def late(rows, **changes):
        if "name" in changes:
            clock.shift(60)
            flows.create_key(user, user.authkit_sessions.get(), name="next")
        return update(rows, **changes)

    monkeypatch.setattr(APIKeyQuerySet, "update", late)
    answer = person.change(old["id"], name="risen", expires_at="2027-01-01")
    assert (answer.status_code, answer.json()["code"]) == (409, "api_key_ended")
    assert [row.name for row in APIKey.objects.live()] == ["next"]


def test_keys_of_a_larger_quota_count_in_a_smaller_one(person):
    with override_settings(AUTHKIT={"API_KEY_QUOTA": 25}):
        made = [person.made() for _ in range(10)]
    with override_settings(AUTHKIT={"API_KEY_QUOTA": 10}):
        assert person.create().status_code == 409
        for old in made[:2]:
            person.revoke(old["id"])
        assert [person.create().status_code for _ in range(3)] == [201, 201, 409]
    with override_settings(AUTHKIT={"API_KEY_QUOTA": 3}):
        assert person.create().status_code == 409
    assert APIKey.objects.live().count() == 10


@override_settings(AUTHKIT={"API_KEY_QUOTA": 1})
def test_keys_made_by_staff_do_not_count_against_the_quota(person, make_key):
    make_key(owner=person.user)
    assert person.create().status_code == 201
    make_key(owner=person.user)


@override_settings(AUTHKIT={"API_KEY_QUOTA": 1})
def test_a_rotation_needs_no_room(person):
    made = person.made()
    assert person.rotate(made["id"], overlap_seconds=60).status_code == 201
    assert person.create().status_code == 409


# --- whom it is for -----------------------------------------------------------------------------


def test_reading_and_revoking_need_no_fresh_proof_and_the_rest_does(client, clock, user):
    person = Person(client, user)
    made = person.made()
    clock.shift(299)
    assert person.rotate(made["id"]).status_code == 201
    person.headers = bearer(client.refresh(client.pair(user)["refresh"]).json()["access"])
    clock.shift(301)
    person.headers = bearer(client.refresh(client.pair(user)["refresh"]).json()["access"])
    stale = Person(client, user)
    clock.shift(299)
    assert stale.change(made["id"], name="x").status_code == 200
    clock.shift(2)
    for answer in (stale.create(), stale.change(made["id"], name="y"), stale.rotate(made["id"])):
        assert answer.status_code == 401
    pair = client.pair(user)
    clock.shift(301)
    stale.headers = bearer(client.refresh(pair["refresh"]).json()["access"])
    for answer in (stale.create(), stale.change(made["id"], name="y"), stale.rotate(made["id"])):
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")
        assert "max_age=300" in answer.headers["WWW-Authenticate"]
    assert stale.list().status_code == stale.read(made["id"]).status_code == 200
    assert client.options(KEYS, **stale.headers).status_code == 200
    assert stale.revoke(made["id"]).status_code == 204


@pytest.mark.parametrize("owned", [True, False])
def test_a_key_neither_makes_keys_nor_sees_or_ends_them(client, user, make_key, owned):
    api_key, key = make_key(owner=user if owned else None)
    paths = [KEYS, f"{KEYS}{api_key.pk}/", f"{KEYS}{api_key.pk}/rotate/"]
    for path in paths:
        for method in ("get", "post", "patch", "delete"):
            answer = getattr(client, method)(path, {"name": "mine"}, **with_key(key))
            assert answer.status_code in (401, 405)
    assert APIKey.objects.live().count() == 1
    assert_works(client, key)


@pytest.mark.parametrize(
    "path",
    [
        "sessions/",
        "password/change/",
        "reauthenticate/",
        "2fa/",
        "2fa/totp/setup/",
        "2fa/totp/verify/",
        "2fa/totp/disable/",
        "2fa/recovery-codes/",
    ],
)
def test_a_key_opens_nothing_that_is_about_its_owners_account(client, user, make_key, path):
    _, key = make_key(owner=user)
    for method in ("get", "post", "delete"):
        answer = getattr(client, method)(
            AUTH + path, {}, HTTP_COOKIE="csrftoken=x", **with_key(key)
        )
        assert answer.status_code in (401, 405)


def test_anonymous_callers_get_nothing(client):
    for path in (KEYS, f"{KEYS}{uuid.uuid4()}/", f"{KEYS}{uuid.uuid4()}/rotate/"):
        for method in ("get", "post", "patch", "delete"):
            assert getattr(client, method)(path, {"name": "mine"}).status_code in (401, 405)


# --- what is told ---------------------------------------------------------------------------------


@override_settings(AUTHKIT={"SCOPES": SCOPES})
def test_what_happens_to_a_key_is_logged_without_the_key(person, security_log):
    made = person.made(scopes=["books:read"])
    person.change(made["id"], name="other")
    new = person.rotate(made["id"]).json()
    person.revoke(made["id"])
    logged = security_log()
    common = {"user": str(person.user.pk), "api_key": made["id"], "ip": "127.0.0.1"}
    facts = [{**f, "user": str(f["user"])} for _, f in logged if f["event"].startswith("api_key_")]
    assert facts == [
        {"event": "api_key_created", "scopes": ["books:read"], **common},
        {"event": "api_key_changed", "changed": ["name"], **common},
        {"event": "api_key_rotated", **common},
        {"event": "api_key_revoked", **common},
    ]
    assert made["key"].split("_")[2] not in json.dumps(logged)
    assert new["key"].split("_")[2] not in json.dumps(logged)


def test_listing_costs_the_same_for_one_key_and_for_twenty(person, assert_queries):
    person.made()
    with assert_queries(2):
        person.list()
    for _ in range(19):
        person.made()
    with assert_queries(2):
        assert len(person.list().json()) == 20


def test_the_longest_overlap_is_a_week():
    assert timedelta(days=7) == flows.MAX_OVERLAP
