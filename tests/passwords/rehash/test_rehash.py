"""A log-in that replaces the password's hash by a better one of the same password."""

import pytest
from authkit.passwords.checking import rehash as replaced_hash
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.test import override_settings

from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.passwords.newer_password import NEWER, ROADS, close_to_passwords, save_it
from tests.sessions.answers import (
    CHALLENGE,
    INVALID_CREDENTIALS,
    assert_refused,
    assert_session_is_dead,
    assert_session_lives,
)

pytestmark = pytest.mark.django_db

MD5 = "django.contrib.auth.hashers.MD5PasswordHasher"
FEW = "tests.passwords.rehash.hashers.FewIterations"
MORE = "tests.passwords.rehash.hashers.MoreIterations"

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


def test_sessions_outlive_a_rehash_at_log_in(client, a_user, make_user, upgrade):
    _, hashers, start = upgrade
    pair, other, foreign = client.pair(a_user), client.pair(a_user), client.pair(make_user())
    with override_settings(PASSWORD_HASHERS=hashers):
        assert_session_lives(client, pair)

        new = client.pair(a_user)

        assert stored(a_user).startswith(start)
        for each in (pair, other, new, foreign):
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


# --- what happens while it is hashed anew -------------------------------------------------------


def while_hashing(monkeypatch, act):
    """Have something else happen, once, between judging a password and storing its new hash."""
    model, waiting = get_user_model(), [act]
    set_password = model.set_password

    def act_first(self, raw):
        while waiting:
            waiting.pop()()
        set_password(self, raw)

    monkeypatch.setattr(model, "set_password", act_first)


@pytest.mark.parametrize("meanwhile", ROADS)
def test_a_password_that_races_the_rehash_stays_and_the_former_one_is_refused(
    client, a_user, upgrade, monkeypatch, security_log, meanwhile
):
    pair = client.pair(a_user)
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        while_hashing(monkeypatch, lambda: meanwhile(a_user))

        answer = client.log_in(a_user)

        assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
        after = get_user_model().objects.get(pk=a_user.pk)
        assert after.check_password(NEWER) == (meanwhile is not close_to_passwords)
        assert after.has_usable_password() == (meanwhile is not close_to_passwords)
        assert not after.check_password(PASSWORD)
        assert_session_is_dead(client, pair)
        assert len(security_log("login_failed")) == 1


def test_an_owner_who_changes_it_meanwhile_keeps_their_session(
    client, a_user, upgrade, monkeypatch
):
    mine = client.pair(a_user)
    body = {"current_password": PASSWORD, "new_password": NEWER}

    def change():
        answer = Client().post(AUTH + "password/change/", body, **bearer(mine["access"]))
        assert answer.status_code == 204

    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        while_hashing(monkeypatch, change)
        assert client.log_in(a_user).status_code == 401
        assert_session_lives(client, mine)
        assert client.log_in(a_user, NEWER).status_code == 200


def test_neither_is_it_undone_inside_of_a_session(client, a_user, upgrade, monkeypatch):
    access = client.pair(a_user)["access"]
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        while_hashing(monkeypatch, lambda: save_it(a_user))
        answer = client.post(AUTH + "reauthenticate/", {"password": PASSWORD}, **bearer(access))
        assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
        assert client.log_in(a_user, NEWER).status_code == 200


def test_a_log_in_to_an_account_that_is_deleted_meanwhile_is_refused(
    client, a_user, upgrade, monkeypatch
):
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        while_hashing(monkeypatch, a_user.delete)
        answer = client.log_in(a_user)
        assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)


def test_two_log_ins_that_race_at_the_rehash_both_get_a_session(
    client, a_user, upgrade, monkeypatch
):
    pairs = [client.pair(a_user)]
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        while_hashing(monkeypatch, lambda: pairs.append(Client().pair(a_user)))
        pairs.append(client.pair(a_user))
        for pair in pairs:
            assert_session_lives(client, pair)


def test_also_where_one_stores_the_hash_while_the_other_looks_at_it(
    client, a_user, upgrade, monkeypatch
):
    pairs, original = [client.pair(a_user)], replaced_hash.verify_password

    def log_in_first(*args):
        monkeypatch.setattr(replaced_hash, "verify_password", original)
        pairs.append(Client().pair(a_user))
        return original(*args)

    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        monkeypatch.setattr(replaced_hash, "verify_password", log_in_first)
        pairs.append(client.pair(a_user))
        assert len(pairs) == 3
        for pair in pairs:
            assert_session_lives(client, pair)


def test_an_upgrade_that_cannot_be_stored_changes_nothing(client, a_user, upgrade, monkeypatch):
    model, pair, before = get_user_model(), client.pair(a_user), stored(a_user)

    def fail(*args, **kwargs):
        raise RuntimeError("the database went away")

    with override_settings(PASSWORD_HASHERS=upgrade[1]), monkeypatch.context() as broken:
        broken.setattr(model, "_do_update", fail)
        with pytest.raises(RuntimeError):
            client.log_in(a_user)
    assert stored(a_user) == before
    assert_session_lives(client, pair)


# --- backends that do more than Django's --------------------------------------------------------


class SettingThePassword(ModelBackend):
    """Takes over the password that another directory has found right."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        user = get_user_model().objects.get_by_natural_key(username)
        user.set_password(password)
        user.save(update_fields=["password"])
        return user


class AlteringThePassword(ModelBackend):
    """Hashes something else than what was typed."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        return super().authenticate(request, username=username, password=password.strip())


def use(settings, backend):
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.{backend.__name__}"]


def test_a_backend_may_set_another_password(client, user, settings):
    use(settings, SettingThePassword)
    pair = client.pair(user)
    new = client.pair(user, NEWER)
    assert_session_lives(client, new)
    assert_session_is_dead(client, pair)


def test_a_backend_may_alter_the_password_before_it_is_hashed(client, a_user, upgrade, settings):
    use(settings, AlteringThePassword)
    pair = client.pair(a_user)
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        new = client.pair(a_user, f" {PASSWORD} ")
        assert stored(a_user).startswith(upgrade[2])
        assert_session_lives(client, pair)
        assert_session_lives(client, new)
