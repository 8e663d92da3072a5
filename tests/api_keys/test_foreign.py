"""Keys of djangorestframework-api-key: where they are, and moved."""

from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO

import pytest
from authkit.api_keys.flows import rotate
from authkit.api_keys.importing import import_key
from authkit.authentication import APIKeyAuthentication, PlainAPIKeyAuthentication
from authkit.core import clock as authkit_clock
from authkit.models import APIKey
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test.utils import isolate_apps
from django.urls import path
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework_api_key.models import AbstractAPIKey, BaseAPIKeyManager
from rest_framework_api_key.models import APIKey as OldKey

from tests.api_keys.calls import assert_refused, assert_works, with_key
from tests.api_keys.urls import WhoAmI

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.test_foreign")]


class OldKeyAuthentication(PlainAPIKeyAuthentication):
    model = OldKey


class OldHeaderAuthentication(PlainAPIKeyAuthentication):
    header = "X-Old-Key"
    keyword = None
    model = OldKey


def taking(*authenticators, permission=IsAuthenticated):
    return WhoAmI.as_view(authentication_classes=authenticators, permission_classes=[permission])


urlpatterns = [
    path("key", taking(APIKeyAuthentication)),
    path("moved", taking(PlainAPIKeyAuthentication)),
    path("both", taking(APIKeyAuthentication, PlainAPIKeyAuthentication)),
    path("old", taking(OldKeyAuthentication)),
    path("old-header", taking(OldHeaderAuthentication)),
    path("open", taking(OldKeyAuthentication, permission=AllowAny)),
]


def scheme(key, word="Api-Key"):
    return {"HTTP_AUTHORIZATION": f"{word} {key}"}


@pytest.fixture
def old(db):
    return OldKey.objects.create_key(name="partner")


def assert_invalid(answer):
    assert answer.status_code == 401
    assert answer.data["detail"].code == "api_key_invalid"


# --- where they are -----------------------------------------------------------------------------


def test_a_key_works_where_it_is(client, old, assert_queries):
    row, key = old
    with assert_queries(1):
        answer = client.get("/old", **scheme(key))
    assert answer.json() == {"user": "ServicePrincipal", "name": "partner", "auth": "APIKey"}
    assert client.get("/old-header", HTTP_X_OLD_KEY=key).status_code == 200
    assert row.hashed_key not in answer.content.decode()


def test_the_principal_does_not_show_the_hash_in_the_old_primary_key(rf, old):
    row, key = old
    request = Request(rf.get("/", **scheme(key)), authenticators=[OldKeyAuthentication()])
    assert (request.auth, request.user.pk) == (row, f"api-key-{row.prefix}")


@pytest.mark.parametrize("word", ["Api-Key", "api-key", "API-KEY"])
def test_the_scheme_is_read_in_any_case(client, old, word):
    assert client.get("/old", **scheme(old[1], word)).status_code == 200


@pytest.mark.parametrize("word", ["Bearer", "Basic", "ApiKey", ""])
def test_another_scheme_is_left_to_others(client, old, word):
    answer = client.get("/old", **scheme(old[1], word))
    assert (answer.status_code, answer.data["detail"].code) == (401, "not_authenticated")


def end(**changes):
    return lambda: OldKey.objects.update(**changes)


@pytest.mark.parametrize(
    "over",
    [
        end(revoked=True),
        end(expiry_date=datetime(2020, 1, 1, tzinfo=UTC)),
        end(hashed_key="sha512$$"),
        lambda: OldKey.objects.all().delete(),
    ],
    ids=["revoked", "expired", "no hash", "deleted"],
)
def test_a_key_that_is_over_is_refused_where_it_is(client, old, over):
    over()
    assert_invalid(client.get("/old", **scheme(old[1])))
    assert_invalid(client.get("/open", **scheme(old[1])))


def test_a_key_ends_at_the_moment_of_its_expiry(client, old, clock):
    OldKey.objects.update(expiry_date=authkit_clock.now())
    assert_invalid(client.get("/old", **scheme(old[1])))


MALFORMED = ["", "x", ".", "..", "a.b", "\0.\0", "\xff.\xfe", "a" * 8 + "." + "b" * 1_000_000]


@pytest.mark.parametrize("address", ["/old", "/moved"])
@pytest.mark.parametrize("key", MALFORMED, ids=lambda key: key[:12].encode().hex() or "empty")
def test_what_cannot_be_a_key_costs_no_query(client, old, assert_queries, address, key):
    with assert_queries(0):
        assert_invalid(client.get(address, **scheme(key)))


def test_an_unknown_prefix_costs_what_a_wrong_secret_does(client, old, assert_queries, monkeypatch):
    row, _ = old
    costs = []
    generator = type(OldKey.objects.key_generator)
    for name in ("hash", "verify"):
        original = getattr(generator, name)
        monkeypatch.setattr(
            generator,
            name,
            lambda self, *values, original=original: costs.append(1) or original(self, *values),
        )
    for prefix in (row.prefix, "unknown0"):
        costs.clear()
        with assert_queries(1):
            assert_invalid(client.get("/old", **scheme(f"{prefix}.{'x' * 32}")))
        assert len(costs) == 1


@contextmanager
def partner_keys():
    """A project's own model of keys, with the user whom each belongs to."""
    with isolate_apps("authkit"):

        class Manager(BaseAPIKeyManager):
            def get_usable_keys(self):
                return super().get_usable_keys().exclude(name="suspended")

        class PartnerKey(AbstractAPIKey):
            user = models.ForeignKey(get_user_model(), models.CASCADE, null=True, related_name="+")
            objects = Manager()

            class Meta:
                app_label = "authkit"

        with connection.schema_editor() as editor:
            editor.create_model(PartnerKey)
        try:
            yield PartnerKey
        finally:
            with connection.schema_editor() as editor:
                editor.delete_model(PartnerKey)


@pytest.mark.django_db(transaction=True)
def test_a_model_of_ones_own_may_lead_to_users(make_user, rf, assert_queries):
    with partner_keys() as model:

        class PartnerAuthentication(PlainAPIKeyAuthentication):
            owner_field = "user"

        PartnerAuthentication.model = model
        user = make_user()
        _, key = model.objects.create_key(name="partner", user=user)

        def asked():
            request = Request(rf.get("/", **scheme(key)), authenticators=[PartnerAuthentication()])
            return request.user

        asked()
        with assert_queries(1):
            assert asked() == user
        model.objects.update(name="suspended")
        with pytest.raises(Exception, match="not valid"):
            asked()
        model.objects.update(name="partner")
        type(user).objects.update(is_active=False)
        with pytest.raises(Exception, match="not valid"):
            asked()
        model.objects.update(user=None)
        assert str(asked()) == "partner"


@pytest.mark.django_db(transaction=True)
def test_keys_of_a_model_of_ones_own_are_moved_with_their_owners(client, make_user):
    with partner_keys() as model:
        user = make_user()
        row, key = model.objects.create_key(name="partner", user=user)
        assert import_key(row, "user").reason == ""
        assert APIKey.objects.get().owner == user
        assert client.get("/moved", **scheme(key)).json()["name"] == str(user)


# --- moved ----------------------------------------------------------------------------------------


def run(*arguments):
    out = StringIO()
    call_command("authkit_import_api_keys", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_a_key_works_after_the_move_as_before(client, old, assert_queries):
    _, key = old
    OldKey.objects.update(expiry_date=datetime(2099, 1, 1, tzinfo=UTC))
    before = OldKey.objects.values().get()

    assert run() == ["1 keys taken over."]

    moved = APIKey.objects.get()
    for name in ("prefix", "hashed_key", "name", "created", "expiry_date", "revoked"):
        assert getattr(moved, name) == before[name]
    assert (moved.owner, moved.slot, moved.scopes) == (None, None, [])
    assert OldKey.objects.values().get() == before
    client.get("/moved", **scheme(key))
    for address in ("/moved", "/both", "/old"):
        with assert_queries(1):
            assert client.get(address, **scheme(key)).status_code == 200
    assert_refused(client, key)  # X-API-Key takes keys of our form alone


def test_a_moved_key_is_revoked_here(client, old):
    run()
    APIKey.objects.all().revoke()
    assert_invalid(client.get("/moved", **scheme(old[1])))


def test_a_moved_key_that_is_rotated_gets_our_form(client, old):
    run()
    new = rotate(APIKey.objects.get()).key
    assert_invalid(client.get("/moved", **scheme(old[1])))
    assert client.get("/moved", **scheme(new)).status_code == 200
    assert_works(client, new)
    assert client.get("/both", **with_key(new)).status_code == 200


def test_a_slow_hash_is_moved_too(client, old):
    _, key = old
    OldKey.objects.update(hashed_key=make_password(key))
    run()
    assert client.get("/moved", **scheme(key)).status_code == 200
    assert APIKey.objects.get().hashed_key.startswith("sha512$$")


def test_what_is_left_is_named(old):
    OldKey.objects.create_key(name="gone", revoked=True)
    short, _ = OldKey.objects.create_key(name="short")
    OldKey.objects.filter(prefix=short.prefix).update(prefix="short")
    assert run("--dry-run") == ["2 keys could be taken over."]
    assert not APIKey.objects.exists()
    left = "left short: its prefix is not 8 letters and digits"
    assert run() == [left, "1 keys taken over."]
    assert set(run()) == {
        left,
        f"left {old[0].prefix}: a key of this prefix is here already",
        "0 keys taken over.",
    }
    revoked = OldKey.objects.get(revoked=True)
    assert import_key(revoked, None).reason == "it is revoked"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "no.Model"], 'There is no model "no.Model".'),
        (["--model", "nonsense"], 'There is no model "nonsense".'),
        (
            ["--model", "authkit.APIKey"],
            '"authkit.APIKey" is no model of djangorestframework-api-key\'s kind.',
        ),
        (
            ["--model", "auth.Group"],
            '"auth.Group" is no model of djangorestframework-api-key\'s kind.',
        ),
        (
            ["--owner-field", "name"],
            '"name" of rest_framework_api_key.APIKey does not lead to a user.',
        ),
        (
            ["--owner-field", "user"],
            '"user" of rest_framework_api_key.APIKey does not lead to a user.',
        ),
    ],
)
def test_what_cannot_be_moved_is_said_in_one_sentence(arguments, sentence):
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert str(caught.value) == sentence


def test_a_key_in_the_old_scheme_and_one_in_our_header_are_one_too_many(client, old, make_key):
    run()
    answer = client.get("/both", **scheme(old[1]), **with_key(make_key()[1]))
    assert (answer.status_code, answer.data["detail"].code) == (400, "multiple_credentials")


@pytest.mark.django_db(transaction=True)
def test_a_user_whom_the_default_manager_hides_is_an_owner_no_longer(make_user, rf, monkeypatch):
    class Hiding(type(get_user_model()._default_manager)):
        def get_queryset(self):
            return super().get_queryset().exclude(is_active=True)

    with partner_keys() as model:
        PartnerAuthentication = type(
            "PartnerAuthentication",
            (PlainAPIKeyAuthentication,),
            {"model": model, "owner_field": "user"},
        )
        user = make_user()
        _, key = model.objects.create_key(name="partner", user=user)
        hiding = Hiding()
        hiding.model = get_user_model()
        monkeypatch.setattr(get_user_model()._meta, "default_manager", hiding, raising=False)
        request = Request(rf.get("/", **scheme(key)), authenticators=[PartnerAuthentication()])
        with pytest.raises(Exception, match="not valid"):
            _ = request.user
