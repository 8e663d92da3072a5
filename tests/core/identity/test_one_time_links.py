"""Tokens that travel by mail: one purpose, one account, one use."""

import secrets
import threading
from copy import copy
from datetime import timedelta

import pytest
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import (
    find,
    follow_change,
    forget,
    is_outstanding,
    issue,
    spend,
)
from authkit.models import OneTimeLink
from django.contrib.auth import get_user_model
from django.db import connection

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ADDRESS = "reader@example.com"


def issue_one(user, purpose=Purpose.PASSWORD_RESET, address=ADDRESS):
    [token] = issue(purpose, [(user, address)], HOUR)
    return token


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_is_found_for_its_purpose_alone(user, purpose):
    token = issue_one(user, purpose)
    found = find(purpose, token)
    assert (found.user, found.email) == (user, ADDRESS)
    for other in set(Purpose) - {purpose}:
        assert find(other, token) is None


def test_a_token_has_256_bits_and_the_row_holds_none_of_them(user):
    tokens = {issue_one(user, Purpose.EMAIL_CHANGE_UNDO) for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) == 43 for token in tokens)
    values = str(list(OneTimeLink.objects.values()))
    assert not any(token in values for token in tokens)


def test_it_is_spent_once(user):
    found = find(Purpose.PASSWORD_RESET, issue_one(user))
    assert [spend(found), spend(found)] == [found, None]


def test_looking_does_not_spend(user):
    token = issue_one(user)
    assert find(Purpose.PASSWORD_RESET, token) == find(Purpose.PASSWORD_RESET, token) is not None


@pytest.mark.parametrize(
    ("purpose", "left"),
    [
        (Purpose.PASSWORD_RESET, 2),
        (Purpose.EMAIL_VERIFICATION, 2),
        (Purpose.EMAIL_CHANGE, 1),
        (Purpose.EMAIL_CHANGE_STOP, 2),
        (Purpose.EMAIL_CHANGE_UNDO, 2),
    ],
)
def test_a_newer_one_ends_the_older_for_a_change_of_email_alone(user, make_user, purpose, left):
    tokens = [issue_one(user, purpose), issue_one(user, purpose)]
    issue_one(make_user(), purpose)
    assert sum(find(purpose, token) is not None for token in tokens) == left
    assert find(purpose, tokens[1]) is not None


def test_those_of_other_users_and_purposes_live_on(user, make_user):
    other = issue_one(make_user())
    verification = issue_one(user, Purpose.EMAIL_VERIFICATION)
    issue_one(user)
    assert find(Purpose.PASSWORD_RESET, other)
    assert find(Purpose.EMAIL_VERIFICATION, verification)


def test_it_ends_with_its_time(user, clock):
    token = issue_one(user)
    clock.shift(3599.999)
    assert find(Purpose.PASSWORD_RESET, token)
    clock.shift(0.001)
    assert find(Purpose.PASSWORD_RESET, token) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_it_ends_with_a_change_of_the_password(user, purpose):
    token = issue_one(user, purpose)
    user.set_password("another correct horse")
    user.save()
    assert find(purpose, token) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_ways_back_alone_follow_a_change_of_the_accounts_own_flows(user, purpose):
    before, token = copy(user), issue_one(user, purpose)
    user.set_password("another correct horse")
    user.save()
    follow_change(before, user)
    assert bool(find(purpose, token)) is (purpose == Purpose.EMAIL_CHANGE_UNDO)


def test_what_an_administrator_has_ended_is_not_revived_by_a_later_change(user):
    token = issue_one(user, Purpose.EMAIL_CHANGE_UNDO)
    for password in ("of the administrator", "of the owner"):
        before = copy(user)
        user.set_password(password)
        user.save()
    follow_change(before, user)
    assert find(Purpose.EMAIL_CHANGE_UNDO, token) is None
    assert not is_outstanding(Purpose.EMAIL_CHANGE_UNDO, user)


@pytest.mark.parametrize("purpose", Purpose)
def test_it_outlives_a_rotation_of_the_secret_key(user, settings, purpose):
    token = issue_one(user, purpose)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 64, [settings.SECRET_KEY]
    assert find(purpose, token)
    assert is_outstanding(purpose, user)
    settings.SECRET_KEY_FALLBACKS = []
    assert find(purpose, token) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_it_is_none_for_an_account_that_the_default_manager_hides(user, monkeypatch, purpose):
    token = issue_one(user, purpose)
    manager = type(type(user)._default_manager)
    visible = manager.get_queryset
    monkeypatch.setattr(manager, "get_queryset", lambda self: visible(self).exclude(pk=user.pk))
    assert find(purpose, token) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_it_ends_with_a_change_of_the_address(user, monkeypatch, purpose):
    addresses = iter(["one@example.com", "two@example.com"])
    monkeypatch.setattr(type(user), "EMAIL_FIELD", "address", raising=False)
    changing = property(lambda user: next(addresses))
    monkeypatch.setattr(type(user), "address", changing, raising=False)
    token = issue_one(user, purpose)
    assert find(purpose, token) is None


def test_it_ends_with_its_user(user):
    token = issue_one(user)
    user.delete()
    assert find(Purpose.PASSWORD_RESET, token) is None


def test_some_can_be_forgotten(user, make_user):
    other = issue_one(make_user())
    kept, forgotten = issue_one(user, Purpose.EMAIL_CHANGE), issue_one(user)
    forget(user, Purpose.PASSWORD_RESET, Purpose.EMAIL_VERIFICATION)
    assert find(Purpose.PASSWORD_RESET, forgotten) is None
    assert find(Purpose.EMAIL_CHANGE, kept)
    assert find(Purpose.PASSWORD_RESET, other)


def test_several_accounts_have_tokens_of_their_own(make_user):
    users = [make_user(), make_user()]
    tokens = issue(Purpose.PASSWORD_RESET, [(user, ADDRESS) for user in users], HOUR)
    assert [find(Purpose.PASSWORD_RESET, token).user for token in tokens] == users


def test_the_queries_are_the_same_for_no_account_one_and_several_against_user_enumeration(
    user, make_user, django_assert_num_queries
):
    several = [(user, ADDRESS), (make_user(), ADDRESS)]
    for recipients in ([], several[:1], several, []):
        with django_assert_num_queries(2):
            assert len(issue(Purpose.PASSWORD_RESET, recipients, HOUR)) == len(recipients)


def test_a_token_issued_for_no_account_is_invalid_and_leaves_one_row(user, monkeypatch):
    known = issue_one(user)
    monkeypatch.setattr(secrets, "token_urlsafe", lambda size: "guessed")
    for _ in range(3):
        assert issue(Purpose.PASSWORD_RESET, [], HOUR) == []
    assert OneTimeLink.objects.filter(user=None).count() == 1
    assert find(Purpose.PASSWORD_RESET, "guessed") is None
    assert find(Purpose.PASSWORD_RESET, known)


def test_a_row_says_what_it_is_for_and_not_whose(user):
    issue_one(user)
    row = OneTimeLink.objects.get()
    assert str(row) == f"password_reset {row.pk}"


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_of_sixteen_who_spend_it_at_once_one_wins(user):
    found = find(Purpose.PASSWORD_RESET, issue_one(user))
    start, won = threading.Barrier(16), []

    def run():
        try:
            start.wait(60)
            won.append(spend(found) is not None)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(won) == [False] * 15 + [True]
    assert get_user_model().objects.filter(pk=user.pk).exists()
