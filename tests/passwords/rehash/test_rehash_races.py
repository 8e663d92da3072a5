"""Many who log in at the moment when the hash of their password is replaced."""

from functools import partial
from threading import Barrier

import pytest
from authkit.core.db.retry import retry_on_conflict
from authkit.models import Session
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import update_last_login
from django.contrib.auth.signals import user_logged_in
from django.test import override_settings

from tests.conftest import PASSWORD, clients_from_all_over
from tests.database.isolation import level
from tests.passwords.rehash.test_rehash import FEW, MORE
from tests.sessions.answers import assert_session_is_dead, assert_session_lives
from tests.sessions.crowd import PATIENCE_SECONDS, Crowd

__all__ = ["level"]

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

THREADS = 8
ROUNDS = 3


@pytest.fixture(autouse=True)
def _without_last_login():
    """Django's own update, which PostgreSQL may refuse above READ COMMITTED: 503."""
    uid = "update_last_login"
    user_logged_in.disconnect(dispatch_uid=uid)
    yield
    user_logged_in.connect(update_last_login, dispatch_uid=uid)


@pytest.fixture
def crowd(level):
    with Crowd(THREADS) as crowd:
        yield crowd


@pytest.fixture
def at_the_same_moment(monkeypatch):
    """Let all have found the password right, and none have stored its new hash."""
    model, barrier = get_user_model(), Barrier(THREADS)
    set_password = model.set_password

    def meet(self, raw):
        barrier.wait(timeout=PATIENCE_SECONDS)
        set_password(self, raw)

    monkeypatch.setattr(model, "set_password", meet)
    return partial(barrier.wait, timeout=PATIENCE_SECONDS)


def old_hash(user):
    with override_settings(PASSWORD_HASHERS=[FEW]):
        get_user_model().objects.filter(pk=user.pk).update(password=make_password(PASSWORD))
    Session.objects.all().delete()


def test_all_of_them_get_a_session_that_lives(client, user, crowd, at_the_same_moment):
    for _ in range(ROUNDS):
        old_hash(user)
        with override_settings(PASSWORD_HASHERS=[MORE]):
            log_ins = [partial(each.pair, user) for each in clients_from_all_over(THREADS)]
            for pair in crowd.at_once(log_ins):
                assert_session_lives(client, pair)


def test_none_of_them_undoes_a_change(client, user, crowd, at_the_same_moment):
    theirs = make_password("of the administrator")
    users = get_user_model().objects.filter(pk=user.pk)

    def administer():
        at_the_same_moment()
        retry_on_conflict(partial(users.update, password=theirs), get_user_model())

    for _ in range(ROUNDS):
        old_hash(user)
        with override_settings(PASSWORD_HASHERS=[MORE]):
            log_ins = [partial(each.log_in, user) for each in clients_from_all_over(THREADS - 1)]

            answers = crowd.at_once([*log_ins, administer])[:-1]

            assert users.get().password == theirs
            assert {answer.status_code for answer in answers} <= {200, 401}
            for answer in answers:
                if answer.status_code == 200:
                    assert_session_is_dead(client, answer.json())
