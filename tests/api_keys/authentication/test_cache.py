"""``API_KEY_CACHE_SECONDS``: no query for a key that was found a moment ago."""

from datetime import timedelta

import pytest
from authkit.api_keys import cache as api_key_cache
from authkit.api_keys import flows
from authkit.api_keys.cache import cache_name
from authkit.api_keys.using.usage import use_key
from authkit.core import clock as authkit_clock
from authkit.errors import APIKeyInvalid, APIKeyRateExceeded
from authkit.models import APIKey, SecurityEvent
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.db import transaction
from django.test import override_settings

from tests.api_keys.calls import Person
from tests.conftest import Client

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 5


@pytest.fixture(autouse=True)
def remembering():
    cache.clear()
    with override_settings(AUTHKIT={"API_KEY_CACHE_SECONDS": SECONDS, "API_KEY_RATE": None}):
        yield
    cache.clear()


def use(key):
    return use_key(key, lambda: "192.0.2.7")


@pytest.fixture
def used(user, make_key):
    """A key that was used a moment ago, and its row."""
    row, key = make_key(owner=user, scopes=["books:read"], allowed_networks=["192.0.2.0/24"])
    use(key)
    return row, key


def test_a_key_that_was_found_a_moment_ago_costs_no_query(used, user, assert_queries):
    row, key = used
    with assert_queries(0):
        found = use(key)
        assert (found, found.owner) == (row, user)
        assert (found.scopes, found.allowed_networks) == (["books:read"], ["192.0.2.0/24"])
        assert found.owner.is_active
        assert found.owner.get_username() == user.get_username()


def test_without_the_setting_nothing_is_remembered(used, assert_queries):
    with override_settings(AUTHKIT={}), assert_queries(1):
        use(used[1])


def test_callers_do_not_share_instances(used):
    one, other = use(used[1]), use(used[1])
    assert one is not other
    assert one.owner is not other.owner


def test_the_cache_holds_neither_the_key_nor_a_password(used, user):
    kept = str(cache._cache) if hasattr(cache, "_cache") else ""
    assert cache_name(used[0].prefix, "default") in kept
    for secret in (*used[1].split("_")[1:], used[0].hashed_key, user.password, user.get_username()):
        assert secret not in kept
    assert use(used[1]).owner.password == user.password  # asked for, and read then


def test_a_user_who_came_from_the_cache_can_be_saved_without_losing_the_password(used, user):
    owner = use(used[1]).owner
    owner.save()
    assert get_user_model().objects.get().password == user.password


def test_a_wrong_secret_is_refused_from_the_cache_too(used, assert_queries):
    generator = APIKey.objects.key_generator
    other = generator.generate()
    APIKey._base_manager.update(prefix=other[1])
    use_again = generator.generate()[0]
    for key in (other[0], use_again):
        with pytest.raises(APIKeyInvalid):
            use(key)


def session_of(user):
    Client().pair(user)
    return user.authkit_sessions.get()


CHANGES = {
    "flows.revoke_key": lambda row, user: flows.revoke_key(user, row.pk),
    "revoke()": lambda row, user: APIKey.objects.filter(pk=row.pk).revoke(),
    "update()": lambda row, user: APIKey.objects.filter(pk=row.pk).update(revoked=True),
    "save()": lambda row, user: setattr(row, "revoked", True) or row.save(),
    "delete()": lambda row, user: row.delete(),
    "delete() of many": lambda row, user: APIKey.objects.filter(pk=row.pk).delete(),
    "flows.rotate": lambda row, user: flows.rotate(row),
    "networks": lambda row, user: flows.change_key(
        user, session_of(user), row.pk, {"allowed_networks": ["198.51.100.0/24"]}
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_ends_a_key_through_us_is_noticed_at_once(used, user, change):
    row, key = used
    change(row, user)
    with pytest.raises(APIKeyInvalid):
        use(key)
    assert cache.get(cache_name(row.prefix, "default")) == "changed"


def test_a_change_that_is_rolled_back_forgets_nothing(used, assert_queries):
    row, key = used

    class Stop(Exception):
        pass

    def revoke_and_stop():
        with transaction.atomic():
            APIKey.objects.filter(pk=row.pk).revoke()
            raise Stop

    with pytest.raises(Stop):
        revoke_and_stop()
    with assert_queries(0):
        use(key)


def test_a_request_that_read_the_row_before_the_revocation_cannot_remember_it(
    user, make_key, monkeypatch
):
    row, key = make_key(owner=user)
    lookup = APIKey.objects.by_prefix
    original = lookup.row

    def read_then_revoked(prefix):
        found = original(prefix=prefix)
        APIKey.objects.filter(pk=row.pk).revoke()
        return found

    monkeypatch.setattr(lookup, "row", read_then_revoked)
    use(key)
    monkeypatch.undo()
    with pytest.raises(APIKeyInvalid):
        use(key)


def test_what_is_computed_is_computed_at_every_use(user, make_key, clock):
    _, key = make_key(owner=user, expiry_date=authkit_clock.now() + timedelta(seconds=2))
    use(key)
    clock.shift(2)
    with pytest.raises(APIKeyInvalid):
        use(key)


def test_another_address_is_looked_at_at_every_use(used):
    with pytest.raises(APIKeyInvalid):
        use_key(used[1], lambda: "198.51.100.1")


def test_uses_are_counted_all_the_same(make_key, assert_queries):
    _, key = make_key(rate="2/hour")
    use(key)
    with assert_queries(1) as queries:
        use(key)
    assert queries[0].startswith("UPDATE")
    with pytest.raises(APIKeyRateExceeded):
        use(key)


def test_a_hit_notes_no_use(clock, used, assert_queries):
    clock.shift(SECONDS - 1)
    with assert_queries(0):
        use(used[1])


def test_an_unknown_key_is_not_remembered(assert_queries):
    key = APIKey.objects.key_generator.generate()[0]
    for _ in range(2):
        with assert_queries(1), pytest.raises(APIKeyInvalid):
            use(key)


# --- outages ------------------------------------------------------------------------------


class Down(LocMemCache):
    """A cache whose server is gone."""

    def get(self, *args, **options):
        raise ConnectionError

    add = set_many = get


class Full(LocMemCache):
    """A cache that says which of its keys it did not take, as Memcached does."""

    def set_many(self, data, *args, **options):
        return list(data)


@pytest.fixture
def cache_becomes(settings):
    """A function that puts another kind of cache into the place of the default one."""
    usual = settings.CACHES

    def put(kind):
        backend = f"{kind.__module__}.{kind.__qualname__}"
        settings.CACHES = usual if kind is LocMemCache else {"default": {"BACKEND": backend}}
        api_key_cache._cache.paused_until = 0

    yield put
    api_key_cache._cache.paused_until = 0


def test_while_the_cache_is_down_keys_are_looked_up(used, cache_becomes, assert_queries, caplog):
    cache_becomes(Down)
    for _ in range(3):
        with assert_queries(1):
            use(used[1])
    assert [record.name for record in caplog.records] == ["authkit.cache"]


@pytest.mark.parametrize("kind", [Down, Full])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_made_also_where_the_cache_does_not_hear_of_it(
    used, user, cache_becomes, caplog, clock, change, kind
):
    row, key = used
    cache_becomes(kind)
    change(row, user)
    assert "authkit.api_keys" in [record.name for record in caplog.records]
    assert "lapses in 5 seconds" in caplog.text
    cache.clear()
    with pytest.raises(APIKeyInvalid):
        use(key)


def test_a_revocation_is_answered_and_kept_while_the_cache_is_down(client, user, cache_becomes):
    person = Person(client, user)
    made = person.made()
    cache_becomes(Down)
    assert person.revoke(made["id"]).status_code == 204
    assert APIKey.objects.get().revoked
    assert SecurityEvent.objects.filter(kind="api_key_revoked").count() == 1


def test_a_rotation_shows_the_new_key_while_the_cache_is_down(client, user, cache_becomes):
    person = Person(client, user)
    made = person.made()
    cache_becomes(Down)
    rotated = person.rotate(made["id"])
    assert rotated.status_code == 201
    assert use(rotated.json()["key"]).owner == user


def test_a_cache_that_has_failed_is_told_of_changes_all_the_same(used, user, cache_becomes):
    row, key = used
    cache_becomes(Down)
    use(key)
    paused = api_key_cache._cache.paused_until
    cache_becomes(LocMemCache)
    api_key_cache._cache.paused_until = paused
    flows.revoke_key(user, row.pk)
    assert cache.get(cache_name(row.prefix, "default")) == "changed"
