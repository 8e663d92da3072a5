import pytest
from authkit.models import APIKey
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

pytestmark = pytest.mark.django_db


def test_making_a_key_returns_the_row_and_the_key(make_key, user):
    api_key, key = make_key(name="ci", owner=user)
    assert (api_key.name, api_key.owner, api_key.revoked) == ("ci", user, False)
    assert APIKey.objects.get_from_key(key) == api_key


def test_the_row_has_the_prefix_and_a_hash_and_nothing_that_authenticates(make_key):
    api_key, key = make_key()
    row = APIKey.objects.filter(pk=api_key.pk).values().get()
    secret = key.split("_")[2]
    assert row["prefix"] == key.split("_")[1]
    assert not any(secret[:32] in str(value) or key in str(value) for value in row.values())


@pytest.mark.parametrize(
    "show", [str, repr, lambda row: str(row.pk), lambda row: f"{row!s}{row!r}"]
)
def test_neither_repr_nor_primary_key_shows_hash_or_key(make_key, show):
    api_key, key = make_key()
    digest = api_key.hashed_key.split("$")[-1]
    assert not any(
        part in show(api_key) for part in (digest, key, key.split("_")[2], api_key.prefix)
    )


def test_a_primary_key_cannot_be_chosen(db):
    chosen = "00000000-0000-0000-0000-000000000000"
    api_key, _ = APIKey.objects.create_key(name="job", id=chosen)
    assert str(api_key.pk) != "00000000-0000-0000-0000-000000000000"


def test_un_revoking_by_save_is_refused(make_key):
    api_key, key = make_key(revoked=True)
    for row in (api_key, APIKey.objects.get(pk=api_key.pk)):
        row.revoked = False
        with pytest.raises(ValidationError):
            row.save()
        with pytest.raises(ValidationError):
            row.full_clean()
    with pytest.raises(APIKey.DoesNotExist):
        APIKey.objects.get_from_key(key)


def test_two_rows_cannot_have_one_prefix(make_key):
    first, _ = make_key()
    second = APIKey(name="second")
    APIKey.objects.assign_key(second)
    second.prefix = first.prefix
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


def test_the_manager_says_whether_a_key_is_valid(make_key):
    api_key, key = make_key()
    assert APIKey.objects.is_valid(key) is True
    assert APIKey.objects.is_valid(key[:-1]) is False
    api_key.revoked = True
    api_key.save()
    assert APIKey.objects.is_valid(key) is False


def test_verifying_a_key_does_not_write(make_key, assert_queries):
    _, key = make_key()
    APIKey.objects.get_from_key(key)
    with assert_queries(1) as queries:
        APIKey.objects.get_from_key(key)
    assert queries[0].startswith("SELECT")
