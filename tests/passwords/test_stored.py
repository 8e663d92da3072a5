import pytest
from authkit.passwords.stored import lock_if_unchanged
from django.contrib.auth import get_user_model
from django.test.utils import isolate_apps

pytestmark = pytest.mark.django_db


def stored(user):
    return get_user_model().objects.get(pk=user.pk).password


def test_a_hash_is_held_if_it_is_the_one_that_is_stored(user):
    present = stored(user)
    assert lock_if_unchanged(user, present, using="default")
    assert not lock_if_unchanged(user, present + "x", using="default")
    assert stored(user) == present


@isolate_apps("tests.passwords")
def test_it_is_held_in_one_statement_where_it_is_in_the_table_of_a_parent(
    user, django_assert_num_queries
):
    class Member(get_user_model()):
        class Meta:
            app_label = "passwords"

    present = stored(user)
    with django_assert_num_queries(2):
        assert lock_if_unchanged(Member(pk=user.pk), present, using="default")
        assert not lock_if_unchanged(Member(pk=user.pk), present + "x", using="default")
