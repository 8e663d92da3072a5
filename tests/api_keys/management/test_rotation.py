"""One secret after the other, with and without an overlap."""

import re
from datetime import timedelta

import pytest
from authkit.api_keys.flows import rotate
from authkit.core import clock as authkit_clock
from authkit.errors import APIKeyEnded, APIKeyRotated
from authkit.models import APIKey
from django.contrib.auth.hashers import make_password
from django.test import override_settings

from tests.api_keys.calls import KEYS, Person, assert_refused, assert_works

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.urls")]


@pytest.fixture
def person(client, user, clock):
    return Person(client, user)


def test_without_an_overlap_the_old_key_ends_where_the_new_one_begins(client, person):
    made = person.made(name="import")
    answer = person.rotate(made["id"])
    new = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r"ak_[A-Za-z0-9]{8}_[A-Za-z0-9]{38}", new["key"])
    assert new["key"] != made["key"]
    assert {**new, "key": None} == {**made, "key": None}
    assert_refused(client, made["key"])
    assert_works(client, new["key"])
    assert APIKey.objects.count() == 1


def test_a_body_is_not_needed(client, person):
    made = person.made()
    answer = client.post(f"{KEYS}{made['id']}/rotate/", **person.headers)
    assert answer.status_code == 201
    assert_refused(client, made["key"])


def test_with_an_overlap_both_keys_work_till_its_end(client, clock, person):
    made = person.made()
    new = person.rotate(made["id"], overlap_seconds=60).json()
    end = (authkit_clock.now() + timedelta(seconds=60)).timestamp()
    shown = APIKey.objects.get().overlap_ends_at
    assert shown.timestamp() == end
    assert new["overlap_ends_at"] is not None
    for _ in range(2):
        for key in (made["key"], new["key"]):
            assert_works(client, key)
        clock.shift(29.999)
    clock.shift(0.002)
    assert_refused(client, made["key"])
    assert_works(client, new["key"])
    assert person.read(made["id"]).json()["overlap_ends_at"] is None


@pytest.mark.parametrize("overlap", [0, 60], ids=["at once", "with an overlap"])
def test_at_most_two_keys_work_at_a_time(client, person, overlap):
    first = person.made()
    second = person.rotate(first["id"], overlap_seconds=600).json()
    third = person.rotate(first["id"], overlap_seconds=overlap).json()
    assert_refused(client, first["key"])
    (assert_works if overlap else assert_refused)(client, second["key"])
    assert_works(client, third["key"])


def test_revoking_ends_both(client, person):
    made = person.made()
    new = person.rotate(made["id"], overlap_seconds=600).json()
    person.revoke(made["id"])
    for key in (made["key"], new["key"]):
        assert_refused(client, key)


def test_what_is_changed_is_changed_for_both(client, person):
    made = person.made()
    new = person.rotate(made["id"], overlap_seconds=600).json()
    person.change(made["id"], allowed_networks=["192.0.2.0/24"])
    for key in (made["key"], new["key"]):
        assert_refused(client, key)
        assert_works(client, key, REMOTE_ADDR="192.0.2.7")


def test_an_overlap_does_not_outlive_the_key(client, clock, person):
    made = person.made(expires_at=(authkit_clock.now() + timedelta(seconds=30)).isoformat())
    new = person.rotate(made["id"], overlap_seconds=600).json()
    clock.shift(30)
    for key in (made["key"], new["key"]):
        assert_refused(client, key)


@pytest.mark.parametrize(
    "overlap", [-1, 604_801, 10**40, 1.5, "soon", "", None, True, [], {}, "1" * 2000], ids=repr
)
def test_an_overlap_is_a_number_of_seconds_up_to_a_week(client, person, overlap):
    made = person.made()
    answer = person.rotate(made["id"], overlap_seconds=overlap)
    assert (answer.status_code, list(answer.json())) == (400, ["overlap_seconds"])
    assert_works(client, made["key"])


def test_nothing_else_is_said_of_a_rotation(client, person):
    made = person.made()
    for member in ("expires_at", "scopes", "key", "owner"):
        answer = person.rotate(made["id"], **{member: None})
        assert answer.json() == {member: ["This field does not exist or is read-only."]}
    assert_works(client, made["key"])


def test_a_rotation_keeps_everything_but_the_secret(person):
    made = person.made(allowed_networks=["127.0.0.0/8"])
    before = APIKey.objects.values().get()
    person.rotate(made["id"])
    after = APIKey.objects.values().get()
    assert {name for name in before if before[name] != after[name]} == {"hashed_key"}


def test_a_rotation_that_comes_second_is_told_so(make_key):
    api_key, _ = make_key()
    stale = APIKey.objects.get()
    new = rotate(api_key).key
    with pytest.raises(APIKeyRotated):
        rotate(stale, timedelta(days=1))
    assert APIKey.objects.is_valid(new)


def test_a_key_that_is_over_is_not_rotated(make_key, clock):
    for fields in ({"revoked": True}, {"expiry_date": authkit_clock.now()}):
        api_key, _ = make_key(**fields)
        with pytest.raises(APIKeyEnded):
            rotate(api_key)


@override_settings(AUTHKIT={"API_KEY_BRAND": "acme"})
def test_the_new_key_has_the_brand_of_today(make_key):
    with override_settings(AUTHKIT={}):
        api_key, _ = make_key()
    assert rotate(api_key).key.startswith(f"acme_{api_key.prefix}_")


def test_unknown_prefix_wrong_secret_and_an_overlap_cost_the_same(
    client, person, make_key, monkeypatch, assert_queries
):
    made = person.made()
    person.rotate(made["id"], overlap_seconds=600)
    generator = APIKey.objects.key_generator
    unknown, wrong = generator.generate()[0], generator.generate()
    make_key()
    APIKey.objects.filter(owner=None).update(prefix=wrong[1])
    costs = []
    original = type(generator).hash
    monkeypatch.setattr(
        type(generator), "hash", lambda self, value: costs.append(1) or original(self, value)
    )
    for key in (unknown, wrong[0], made["key"]):
        costs.clear()
        with assert_queries(1):
            APIKey.objects.is_valid(key)
        assert len(costs) == 1


def test_a_key_with_a_slow_hash_works_till_the_end_of_its_overlap(make_key, clock):
    row, key = make_key()
    # As djangorestframework-api-key hashed before 3.0, and authkit_import_api_keys leaves it.
    APIKey.objects.filter(pk=row.pk).update(hashed_key=make_password(key))
    row.refresh_from_db()
    new = rotate(row, timedelta(days=1)).key
    assert (works(new), works(key), works(key + "0")) == (True, True, False)
    row.refresh_from_db()
    assert row.retiring_hash == APIKey.objects.key_generator.hash(key)
    clock.shift(86_400)
    assert (works(new), works(key)) == (True, False)


def works(key):
    return APIKey.objects.is_valid(key)
