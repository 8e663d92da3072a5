"""What the database of the users takes for the same text."""

import pytest
from authkit.core.db.collation import sort_keys
from django.contrib.auth import get_user_model
from django.db import connection

pytestmark = pytest.mark.django_db


def username():
    model = get_user_model()
    return model._meta.get_field(model.USERNAME_FIELD)


PAIRS = [
    "aA",
    "a\xe4",
    "s\xdf",
    "i\u0131",
    "a\U0001f150",
    "0\u0660",
    "ab",
    "'\"",
    "\\/",
    "%_",
    "a\u4e2d",
]


@pytest.mark.parametrize("pair", PAIRS, ids=ascii)
def test_texts_have_the_same_key_if_and_only_if_the_database_says_that_they_are_equal(pair):
    one, other = (f"x{letter}x" for letter in pair)
    get_user_model().objects.create(**{username().name: one, "password": "x"})
    found = get_user_model().objects.filter(**{username().name: other}).exists()
    assert len(set(sort_keys(username(), [one, other]))) == (1 if found else 2)


def test_a_key_costs_one_query_on_mysql_and_none_elsewhere(django_assert_num_queries):
    sort_keys(username(), ["x"])
    with django_assert_num_queries(1 if connection.vendor == "mysql" else 0):
        sort_keys(username(), ["y", "z"])


def test_in_a_column_that_holds_no_text_there_is_no_other_spelling_to_know_of():
    column = get_user_model()._meta.get_field("is_active")
    assert sort_keys(column, ["17", "017"]) == ["17", "017"]
