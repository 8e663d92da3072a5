"""A cache that other deployments, other versions and attackers write to decides nothing."""

import pickle
from unittest import mock

import pytest
from authkit.api_keys.cache import cache_name, recall, remember
from authkit.api_keys.models import UNREAD
from authkit.api_keys.using.usage import use_key
from authkit.core import clock as authkit_clock
from authkit.core.db.prepared import Param, PreparedSelect
from authkit.errors import APIKeyInvalid
from authkit.models import APIKey
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection, models
from django.db.models import Q
from django.test import override_settings

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 30


@pytest.fixture(autouse=True)
def remembering():
    cache.clear()
    with override_settings(AUTHKIT={"API_KEY_CACHE_SECONDS": SECONDS}):
        yield
    cache.clear()


@pytest.fixture
def key(user, make_key):
    return make_key(owner=user, scopes=["books:read"])


def use(key):
    return use_key(key[1], lambda: "192.0.2.7")


def now():
    return authkit_clock.now().timestamp()


def remember_as_superuser(prefix):
    """Do what a deployment does whose table has the same prefix, for one of its superusers."""
    lookup = APIKey.objects.by_prefix
    row, columns = lookup.row(prefix=prefix), lookup.columns
    of_key, of_owner = (part.split(")")[0].split(",") for part in columns.split("(")[1:])
    row[len(of_key) + of_owner.index("is_superuser=BooleanField")] = True
    remember(prefix, row, using="default", columns=columns, since=now())


def test_the_attack_works_within_one_deployment_or_the_tests_below_say_nothing(key):
    remember_as_superuser(key[0].prefix)
    assert use(key).owner.is_superuser


def test_another_deployment_on_the_same_cache_has_another_secret(key):
    with override_settings(SECRET_KEY="staging" * 8):
        remember_as_superuser(key[0].prefix)
        assert use(key).owner.is_superuser
    assert not use(key).owner.is_superuser


@pytest.mark.parametrize(
    "change",
    [
        {"NAME": "staging"},
        {"HOST": "staging.example.com"},
        {"PORT": "6432"},
        {"OPTIONS": {"service": "staging"}},
        {"OPTIONS": {"options": "-c search_path=staging"}},
    ],
    ids=str,
)
def test_another_database_of_the_same_secret_has_other_names(key, change):
    with mock.patch.dict(connection.settings_dict, change):
        remember_as_superuser(key[0].prefix)
        assert use(key).owner.is_superuser
    assert not use(key).owner.is_superuser


def test_another_user_model_has_other_names():
    own = cache_name("AAAAAAAA", "default")
    with mock.patch("authkit.api_keys.cache.settings", AUTH_USER_MODEL="shop.Customer"):
        assert cache_name("AAAAAAAA", "default", secret="x") != own
    assert own == cache_name("AAAAAAAA", "default")


@pytest.mark.parametrize(
    "defer",
    [UNREAD[1:], (*UNREAD, "rate"), (*UNREAD, "scope", "networks"), ()],
    ids=["one more", "one fewer", "two fewer", "all"],
)
def test_a_version_with_other_columns_shares_no_row_and_every_mark(key, defer, assert_queries):
    prefix = Q(prefix=Param("prefix", models.CharField()))
    old = PreparedSelect(APIKey, prefix, related="owner", defer=defer, private=["password"])
    row = old.row(prefix=key[0].prefix)
    columns = old.columns
    remember(key[0].prefix, row, using="default", columns=columns, since=now())
    found = use(key)
    assert (found.owner.is_staff, found.owner.is_superuser) == (False, False)
    assert (found.scopes, found.revoked) == (["books:read"], False)
    APIKey.objects.all().revoke()
    assert recall(key[0].prefix, using="default", columns=columns) is None  # the other version's


def test_a_column_of_another_type_is_another_column():
    columns = APIKey.objects.by_prefix.columns
    assert "is_active=BooleanField" in columns
    assert columns.startswith("authkit.APIKey(prefix=CharField,")
    assert get_user_model()._meta.label + "(" in columns


def kept(key):
    return cache.get(cache_name(key[0].prefix, "default"))


def put(key, value):
    cache.set(cache_name(key[0].prefix, "default"), value, SECONDS)


def test_a_changed_value_is_read_from_the_database(key, assert_queries):
    use(key)
    sealed = kept(key)
    for position in (0, 11, 12, len(sealed) // 2, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[position] ^= 1
        put(key, bytes(changed))
        with assert_queries(1):
            assert use(key) == key[0]
    put(key, sealed)
    with assert_queries(0):
        use(key)


def test_no_value_of_an_attacker_fails_or_decides(key, assert_queries, caplog):
    use(key)
    sealed = kept(key)
    row = APIKey.objects.by_prefix.row(prefix=key[0].prefix)
    plain = pickle.dumps((now() + SECONDS, row))
    values = [b"", b"x", sealed[:12], sealed[:-1], sealed + b"x", sealed[12:], plain, "x", 1, None]
    values += [row, [row], {}, str(sealed), True]
    for value in values:
        put(key, value)
        with assert_queries(1):
            assert use(key).owner == key[0].owner
    assert caplog.records == []


class Payload:
    def __reduce__(self):
        return (pytest.fail, ("the pickle of an attacker was loaded",))


def test_what_is_not_ours_is_not_unpickled(key):
    put(key, b"0" * 12 + pickle.dumps(Payload()))
    assert use(key) == key[0]


def test_the_row_of_one_key_is_not_the_row_of_another(key, make_key, make_user):
    other = make_key(owner=make_user(is_superuser=True))
    use(other)
    put(key, kept(other))
    assert not use(key).owner.is_superuser


def test_a_row_that_is_put_back_after_the_revocation_lapses_all_the_same(key, clock):
    use(key)
    before = kept(key)
    APIKey.objects.all().revoke()
    clock.shift(SECONDS)
    cache.set(cache_name(key[0].prefix, "default"), before, None)
    with pytest.raises(APIKeyInvalid):
        use(key)


def test_a_request_that_stalls_after_its_query_remembers_nothing_that_lasts(key, clock):
    lookup = APIKey.objects.by_prefix
    row, since = lookup.row(prefix=key[0].prefix), now()
    APIKey.objects.all().revoke()
    clock.shift(SECONDS)
    cache.clear()  # the mark has lapsed
    remember(key[0].prefix, row, using="default", columns=lookup.columns, since=since)
    with pytest.raises(APIKeyInvalid):
        use(key)


def test_a_revocation_under_the_next_secret_reaches_processes_with_the_one_before(key, settings):
    use(key)
    old = settings.SECRET_KEY
    with override_settings(SECRET_KEY="next" * 15, SECRET_KEY_FALLBACKS=[old]):
        APIKey.objects.all().revoke()
    with pytest.raises(APIKeyInvalid):
        use(key)


def test_times_are_kept_for_as_long_as_the_setting_says(key, clock, assert_queries):
    use(key)
    clock.shift(SECONDS - 1)
    with assert_queries(0):
        use(key)
    clock.shift(1)
    with assert_queries(1):
        use(key)
