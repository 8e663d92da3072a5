"""What is looked at, counted and written when a key is used."""

from datetime import UTC, datetime, timedelta

import pytest
from authkit.api_keys.using.principal import ServicePrincipal
from authkit.api_keys.using.usage import use_key
from authkit.authentication import APIKeyAuthentication
from authkit.core import clock as authkit_clock
from authkit.errors import APIKeyInvalid, APIKeyRateExceeded
from authkit.models import APIKey
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, IntegrityError
from rest_framework.request import Request

from tests.api_keys.calls import Person, assert_refused, assert_works, with_key
from tests.database.statements import failing_statement

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.urls")]

for_real = pytest.mark.django_db(transaction=True)


def nowhere():
    return None


# --- networks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("networks", "address", "works"),
    [
        (["192.0.2.0/24"], "192.0.2.7", True),
        (["192.0.2.0/24"], "192.0.3.7", False),
        (["192.0.2.0/24"], "::ffff:192.0.2.7", True),
        (["::ffff:192.0.2.0/120"], "192.0.2.7", True),
        (["2001:db8::/32"], "2001:DB8::7", True),
        (["2001:db8::/32"], "2001:db9::7", False),
        (["2001:db8::/32", "10.0.0.0/8"], "10.1.2.3", True),
        (["0.0.0.0/0"], "2001:db8::7", False),
        (["0.0.0.0/0", "::/0"], "", False),
        (["0.0.0.0/0", "::/0"], "unix:", False),
        ([], "", True),
    ],
)
def test_a_key_works_from_its_networks_alone(client, make_key, networks, address, works):
    _, key = make_key(allowed_networks=networks)
    check = assert_works if works else assert_refused
    check(client, key, REMOTE_ADDR=address)


def test_what_a_client_says_of_its_address_is_not_believed(client, make_key):
    _, key = make_key(allowed_networks=["192.0.2.0/24"])
    for header in ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED"):
        assert_refused(client, key, REMOTE_ADDR="198.51.100.1", **{header: "192.0.2.7"})


def test_a_key_is_bound_to_no_nonsense():
    with pytest.raises(ValueError, match="host bits set"):
        APIKey(name="x", allowed_networks=["10.0.0.1/8"])


# --- why a key is refused -----------------------------------------------------------------------

TROUBLES = {
    "expired": {"expiry_date": datetime(2020, 1, 1, tzinfo=UTC)},
    "revoked": {"revoked": True},
    "network": {"allowed_networks": ["192.0.2.0/24"]},
}


@pytest.mark.parametrize("reason", TROUBLES)
def test_the_log_says_why_a_key_with_the_right_secret_is_refused(
    client, make_key, security_log, reason
):
    api_key, key = make_key(**TROUBLES[reason])
    assert_refused(client, key)
    facts = {"api_key": str(api_key.pk), "ip": "127.0.0.1", "reason": reason}
    assert security_log("api_key_refused") == [("WARNING", {"event": "api_key_refused", **facts})]


def test_the_log_says_nothing_about_guesses(client, make_key, security_log):
    api_key, _ = make_key()
    generator = APIKey.objects.key_generator
    unknown, other = generator.generate()[0], generator.generate()
    APIKey.objects.filter(pk=api_key.pk).update(prefix=other[1])
    for key in (unknown, other[0], "nonsense"):
        assert_refused(client, key)
    assert security_log() == []


# --- last used ------------------------------------------------------------------------------------


def last_use():
    return APIKey.objects.values_list("last_used_at", "last_used_ip").get()


@for_real
def test_a_key_remembers_to_the_minute_when_and_from_where_it_was_used(client, clock, make_key):
    _, key = make_key()
    assert last_use() == (None, None)
    start = authkit_clock.now()
    steps = [
        (0, 0, "192.0.2.1"),
        (30, 0, "192.0.2.1"),
        (59, 0, "192.0.2.1"),
        (60, 60, "2001:db8::2"),
    ]
    for number, (after, noted, address) in enumerate(steps):
        clock.move_to(start + timedelta(seconds=after), tick=False)
        assert_works(client, key, REMOTE_ADDR=f"192.0.2.{number + 1}" if after < 60 else address)
        assert last_use() == (start + timedelta(seconds=noted), address)


@for_real
def test_noting_the_use_is_one_update_a_minute(client, clock, make_key, assert_queries):
    _, key = make_key()
    assert_works(client, key)
    with assert_queries(1):
        assert_works(client, key)
    clock.shift(60)
    with assert_queries(2) as queries:
        assert_works(client, key)
    assert [query.split()[0] for query in queries] == ["SELECT", "UPDATE"]


@for_real
def test_a_refused_key_leaves_no_trace_of_use(client, make_key):
    for fields in TROUBLES.values():
        api_key, key = make_key(**fields)
        assert_refused(client, key)
        assert last_use() == (None, None)
        api_key.delete()


@for_real
def test_a_use_that_cannot_be_written_does_not_refuse_the_request(client, make_key, caplog):
    _, key = make_key()
    with failing_statement("UPDATE", APIKey, DatabaseError("read-only replica")):
        assert_works(client, key)
    assert "read-only replica" in caplog.text
    assert last_use() == (None, None)


# --- a rate ---------------------------------------------------------------------------------------


def assert_limited(client, key, wait):
    answer = client.get("/key", **with_key(key))
    detail = "The rate limit of this API key has been exceeded. Try again later."
    assert (answer.status_code, answer.json()) == (429, {"detail": detail})
    assert answer.data["detail"].code == "api_key_rate_exceeded"
    assert answer.headers["Retry-After"] == str(wait)


def test_a_key_is_used_as_often_as_its_rate_allows_and_then_no_more(client, clock, make_key):
    _, key = make_key(rate="3/minute")
    for _ in range(2):
        for _ in range(3):
            assert_works(client, key)
        assert_limited(client, key, 60)
        clock.shift(59.5)
        assert_limited(client, key, 1)
        clock.shift(0.5)


def test_keys_are_counted_apart(client, make_key):
    keys = [make_key(rate="1/day")[1] for _ in range(2)]
    for key in keys:
        assert_works(client, key)
    for key in keys:
        assert client.get("/key", **with_key(key)).status_code == 429


def test_only_uses_are_counted(client, make_key):
    _, key = make_key(rate="1/day", allowed_networks=["127.0.0.0/8"])
    for _ in range(3):
        assert_refused(client, key, REMOTE_ADDR="192.0.2.1")
    assert_works(client, key)


def test_a_rotation_does_not_begin_the_count_anew(client, user):
    person = Person(client, user)
    made = person.made()
    APIKey.objects.update(rate="2/day")
    assert_works(client, made["key"])
    new = person.rotate(made["id"], overlap_seconds=60).json()["key"]
    assert_works(client, new)
    for key in (made["key"], new):
        assert client.get("/key", **with_key(key)).status_code == 429


def test_counting_costs_one_update_and_only_where_there_is_a_rate(client, make_key, assert_queries):
    _, limited = make_key(rate="1000/hour")
    assert_works(client, limited)
    with assert_queries(2) as queries:
        use_key(limited, nowhere)
    assert [query.split()[0] for query in queries] == ["SELECT", "UPDATE"]


def test_a_window_that_ends_while_a_use_is_refused_is_waited_for(clock, make_key):
    _, key = make_key(rate="1/second")
    use_key(key, nowhere)
    with pytest.raises(APIKeyRateExceeded) as refused:
        use_key(key, nowhere)
    assert refused.value.wait == 1


# --- the same key twice, another one's prefix, an old hash ----------------------------------------


def test_a_prefix_that_is_taken_is_drawn_again(make_key, monkeypatch):
    taken, _ = make_key()
    drawn = [taken.prefix, taken.prefix, "fresh000"]
    monkeypatch.setattr("authkit.api_keys.keys.new_prefix", lambda: drawn.pop(0))
    api_key, key = make_key()
    assert api_key.prefix == "fresh000"
    assert use_key(key, nowhere) == api_key


def test_a_prefix_is_not_drawn_for_ever(make_key, monkeypatch):
    taken, _ = make_key()
    monkeypatch.setattr("authkit.api_keys.keys.new_prefix", lambda: taken.prefix)
    with pytest.raises(IntegrityError):
        make_key()


def test_self_service_survives_a_prefix_that_is_taken(client, user, make_key, monkeypatch):
    taken, _ = make_key()
    person = Person(client, user)
    drawn = [taken.prefix, "fresh000"]
    monkeypatch.setattr("authkit.api_keys.keys.new_prefix", lambda: drawn.pop(0))
    assert person.made()["prefix"] == "fresh000"


def test_a_slow_hash_is_verified_and_replaced(make_key, settings):
    api_key, key = make_key()
    slow = make_password(key)
    APIKey.objects.filter(pk=api_key.pk).update(hashed_key=slow)
    assert use_key(key, nowhere) == api_key
    assert APIKey.objects.get().hashed_key == APIKey.objects.key_generator.hash(key)
    assert use_key(key, nowhere) == api_key


def test_replacing_a_slow_hash_undoes_no_rotation(make_key, monkeypatch):
    api_key, key = make_key()
    APIKey.objects.filter(pk=api_key.pk).update(hashed_key=make_password(key))
    generator = type(APIKey.objects.key_generator)
    original = generator.verify

    def verify(self, *values):
        APIKey.objects.filter(pk=api_key.pk).update(hashed_key="sha512$$of another key")
        return original(self, *values)

    monkeypatch.setattr(generator, "verify", verify)
    use_key(key, nowhere)
    assert APIKey.objects.get().hashed_key == "sha512$$of another key"


def test_a_revoked_key_costs_no_slow_hash(make_key, monkeypatch):
    api_key, key = make_key()
    APIKey.objects.filter(pk=api_key.pk).revoke()
    monkeypatch.setattr(type(APIKey.objects.key_generator), "verify", None)
    with pytest.raises(APIKeyInvalid):
        use_key(key, nowhere)


# --- what a stale copy can do ------------------------------------------------------------------


def test_saving_a_stale_copy_revives_no_key(make_key):
    api_key, key = make_key()
    stale = APIKey.objects.get(pk=api_key.pk)
    APIKey.objects.filter(pk=api_key.pk).revoke()
    stale.name = "other"
    stale.save()
    with pytest.raises(APIKeyInvalid):
        use_key(key, nowhere)
    assert APIKey.objects.values_list("revoked", "name").get() == (True, "other")


@pytest.mark.parametrize(
    "revive",
    [
        lambda stale: stale.save(update_fields=["revoked"]),
        lambda stale: APIKey.objects.filter(pk=stale.pk).update(revoked=False),
        lambda stale: APIKey._base_manager.filter(pk=stale.pk).update(revoked=False),
    ],
    ids=["save(update_fields)", "update()", "the base manager"],
)
@pytest.mark.parametrize(
    "end",
    [
        lambda api_key: APIKey.objects.filter(pk=api_key.pk).revoke(),
        lambda api_key: setattr(api_key, "revoked", True) or api_key.save(),
    ],
    ids=["revoke()", "save()"],
)
def test_a_revoked_key_cannot_be_restored(make_key, end, revive):
    api_key, key = make_key()
    stale = APIKey.objects.get(pk=api_key.pk)
    end(api_key)
    revive(stale)
    with pytest.raises(APIKeyInvalid):
        use_key(key, nowhere)


def test_saving_a_stale_copy_undoes_no_rotation_and_no_count(client, user):
    person = Person(client, user)
    made = person.made()
    APIKey.objects.update(rate="2/day")
    stale = APIKey.objects.get()
    new = person.rotate(made["id"]).json()["key"]
    assert_works(client, new)
    stale.save()
    assert_refused(client, made["key"])
    assert_works(client, new)
    assert client.get("/key", **with_key(new)).status_code == 429


@for_real
def test_saving_a_stale_copy_of_a_deleted_key_does_not_bring_it_back(make_key):
    api_key, _ = make_key()
    stale = APIKey.objects.get()
    api_key.delete()
    with pytest.raises(DatabaseError):
        stale.save()
    assert not APIKey.objects.exists()


# --- the key of a service ----------------------------------------------------------------------


@pytest.fixture
def group(db):
    group = Group.objects.create(name="importers")
    group.permissions.set(
        Permission.objects.filter(
            content_type__app_label="contenttypes", codename__in=["add_contenttype"]
        )
    )
    return group


def test_a_service_has_the_permissions_of_its_group(client, make_key, group, assert_queries):
    _, key = make_key(group=group)
    assert client.post("/model", **with_key(key)).status_code == 200
    assert client.get("/model", **with_key(key)).status_code == 200
    with assert_queries(2):
        client.post("/model", **with_key(key))
    group.permissions.clear()
    assert client.post("/model", **with_key(key)).status_code == 403
    group.delete()
    assert client.get("/model", **with_key(key)).status_code == 403
    assert_works(client, key)


def test_the_permissions_of_a_group_are_queried_once(make_key, group, assert_queries):
    api_key, _ = make_key(group=group)
    principal = ServicePrincipal(api_key)
    with assert_queries(1):
        assert principal.has_perm("contenttypes.add_contenttype")
        assert not principal.has_perm("contenttypes.delete_contenttype")
        assert not principal.has_perm("contenttypes.add_contenttype", obj=group)
        assert principal.has_perms(["contenttypes.add_contenttype"])
        assert not principal.has_perms(["contenttypes.add_contenttype", "auth.add_user"])
        assert principal.has_module_perms("contenttypes")
        assert not principal.has_module_perms("auth")
        assert principal.get_all_permissions() == {"contenttypes.add_contenttype"}
        assert principal.get_all_permissions(obj=group) == set()


def test_a_key_with_an_owner_has_no_group(user, group):
    with pytest.raises(ValidationError):
        APIKey(name="x", owner=user, group=group).clean()


def test_a_group_adds_nothing_to_the_rights_of_an_owner(client, make_key, user, group):
    _, key = make_key(owner=user, group=group)
    assert client.post("/model", **with_key(key)).status_code == 403


# --- hostile requests -----------------------------------------------------------------------------


def test_a_hundred_headers_under_asgi_are_one_malformed_key(make_key, assert_queries):
    _, key = make_key()
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/key",
        "query_string": b"",
        "headers": [(b"x-api-key", key.encode())] * 100,
    }
    request = Request(ASGIRequest(scope, None), authenticators=[APIKeyAuthentication()])
    with assert_queries(0), pytest.raises(APIKeyInvalid):
        request.authenticators[0].authenticate(request)


def test_one_header_under_asgi_is_a_key(make_key):
    api_key, key = make_key(allowed_networks=["192.0.2.0/24"])
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/key",
        "query_string": b"",
        "client": ["192.0.2.7", 4711],
        "headers": [(b"x-api-key", key.encode())],
    }
    request = Request(ASGIRequest(scope, None), authenticators=[APIKeyAuthentication()])
    assert request.auth == api_key


def test_a_key_verifies_without_a_request(make_key):
    api_key, key = make_key(allowed_networks=["192.0.2.0/24"])
    assert use_key(key, lambda: "192.0.2.7") == api_key
    with pytest.raises(APIKeyInvalid):
        use_key(key, lambda: "198.51.100.1")


def test_the_right_secret_under_another_prefix_is_refused_and_the_reverse(client, make_key):
    (one, one_key), (other, other_key) = make_key(), make_key()
    hashes = {one.pk: one.hashed_key, other.pk: other.hashed_key}
    APIKey.objects.filter(pk=one.pk).update(hashed_key=hashes[other.pk])
    APIKey.objects.filter(pk=other.pk).update(hashed_key=hashes[one.pk])
    for key in (one_key, other_key):
        assert_refused(client, key)
