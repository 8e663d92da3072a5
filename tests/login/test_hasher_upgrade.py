"""A log-in that replaces the password's hash by a better one of the same password."""

import pytest
from django.contrib.auth import get_user_model
from django.test import override_settings

from tests.conftest import AUTH, PASSWORD, bearer
from tests.sessions.answers import assert_session_is_dead, assert_session_lives

pytestmark = pytest.mark.django_db

MD5 = "django.contrib.auth.hashers.MD5PasswordHasher"
FEW = "tests.login.hashers.FewIterations"
MORE = "tests.login.hashers.MoreIterations"

UPGRADES = {
    "another-algorithm": ([MD5], [FEW, MD5], "pbkdf2_sha256$2$"),
    "more-iterations": ([FEW], [MORE], "pbkdf2_sha256$3$"),
}


@pytest.fixture(params=UPGRADES)
def upgrade(request):
    return UPGRADES[request.param]


@pytest.fixture
def before(upgrade):
    with override_settings(PASSWORD_HASHERS=upgrade[0]):
        yield


@pytest.fixture
def a_user(before, make_user):
    return make_user()


def stored(user):
    return get_user_model().objects.get(pk=user.pk).password


def test_sessions_outlive_the_upgrade_of_a_hash_at_log_in(client, a_user, make_user, upgrade):
    _, hashers, start = upgrade
    pair, other, strangers = client.pair(a_user), client.pair(a_user), client.pair(make_user())
    with override_settings(PASSWORD_HASHERS=hashers):
        assert_session_lives(client, pair)

        new = client.pair(a_user)

        assert stored(a_user).startswith(start)
        for each in (pair, other, new, strangers):
            assert_session_lives(client, each)
        assert len(client.sessions(new["access"]).json()) == 3
        assert_session_lives(client, client.refresh(other["refresh"]).json())


def test_a_wrong_password_upgrades_nothing_and_ends_nothing(client, a_user, upgrade):
    pair, hashed = client.pair(a_user), stored(a_user)
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        assert client.log_in(a_user, PASSWORD + "x").status_code == 401
        assert stored(a_user) == hashed
        assert_session_lives(client, pair)


def test_the_upgrade_brings_no_ended_session_back(client, a_user, upgrade):
    former = client.pair(a_user)
    a_user.set_password("another correct horse")
    a_user.save()
    logged_out = client.pair(a_user, "another correct horse")
    client.revoke(logged_out["refresh"])
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        client.pair(a_user, "another correct horse")
        assert_session_is_dead(client, former)
        assert_session_is_dead(client, logged_out)


def test_the_upgrade_of_a_user_who_may_not_log_in_revives_nothing(client, a_user, upgrade):
    pair = client.pair(a_user)
    get_user_model().objects.filter(pk=a_user.pk).update(is_active=False)
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        assert client.log_in(a_user).status_code == 401
        assert_session_is_dead(client, pair)


def test_a_password_change_under_better_hashers_keeps_this_session_only(client, a_user, upgrade):
    mine, other = client.pair(a_user), client.pair(a_user)
    body = {"current_password": PASSWORD, "new_password": "another correct horse"}
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        answer = client.post(AUTH + "password/change/", body, **bearer(mine["access"]))
        assert answer.status_code == 204
        assert_session_lives(client, mine)
        assert_session_is_dead(client, other)


def test_sessions_also_outlive_it_where_the_model_always_saves_more(
    client, a_user, upgrade, monkeypatch
):
    """As models with the moment of their last change do."""
    model, pair = get_user_model(), client.pair(a_user)
    save = model.save

    def save_more(self, *args, update_fields=None, **kwargs):
        more = None if update_fields is None else {*update_fields, "is_active"}
        save(self, *args, update_fields=more, **kwargs)

    monkeypatch.setattr(model, "save", save_more)
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        new = client.pair(a_user)
        assert stored(a_user).startswith(upgrade[2])
        assert_session_lives(client, pair)
        assert_session_lives(client, new)
