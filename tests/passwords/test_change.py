"""Changing one's password: this session goes on, all others end."""

import json

import pytest
from authkit.models import APIKey, Session
from django.contrib.auth import get_user_model
from django.db.models.signals import post_save, pre_save
from django.test import override_settings

from tests.conftest import AUTH, PASSWORD, bearer
from tests.database.statements import at_statement, failing_statement
from tests.passwords.conftest import interrupted
from tests.passwords.newer_password import NEWER, ROADS, close_to_passwords
from tests.sessions.answers import (
    CHALLENGE,
    INVALID_CREDENTIALS,
    NOT_AUTHENTICATED,
    assert_refused,
    assert_session_ended,
    assert_session_is_dead,
    assert_session_lives,
)

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another correct horse"


def change(client, access, current=PASSWORD, new=NEW_PASSWORD):
    body = {"current_password": current, "new_password": new}
    return client.post(AUTH + "password/change/", body, **bearer(access))


def stored_password(user):
    return get_user_model().objects.get(pk=user.pk).password


def test_a_change_keeps_this_session_with_its_old_tokens_and_ends_the_others(
    client, user, make_user, sent, security_log
):
    mine, others, foreign = client.pair(user), [client.pair(user)], client.pair(make_user())
    others.append(client.refresh(others[0]["refresh"]).json())
    sent.clear()

    answer = change(client, mine["access"])

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Cache-Control"] == "no-store"
    assert_session_lives(client, mine)
    assert_session_lives(client, client.refresh(mine["refresh"]).json())
    for pair in others:
        assert_session_is_dead(client, pair)
    assert_session_lives(client, foreign)
    assert client.log_in(user, PASSWORD).status_code == 401
    assert client.log_in(user, NEW_PASSWORD).status_code == 200
    assert [name for name, _ in sent][:2] == ["session_ended", "password_changed"]
    assert sent[1][1] == {"user": user}
    assert [level for level, _ in security_log("password_changed")] == ["INFO"]


def test_a_wrong_current_password_changes_nothing(client, user, sent, security_log):
    mine, other = client.pair(user), client.pair(user)
    before = stored_password(user)
    sent.clear()

    answer = change(client, mine["access"], current=PASSWORD + " ")

    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert stored_password(user) == before
    assert_session_lives(client, mine)
    assert_session_lives(client, other)
    assert sent == []
    assert [level for level, _ in security_log("password_change_failed")] == ["WARNING"]


def test_a_weak_new_password_changes_nothing(client, user, sent):
    mine, other = client.pair(user), client.pair(user)
    before = stored_password(user)
    sent.clear()

    answer = change(client, mine["access"], new="short")

    assert (answer.status_code, answer.json()) == (
        400,
        {"new_password": ["This password is too short. It must contain at least 8 characters."]},
    )
    assert answer["Cache-Control"] == "no-store"
    assert stored_password(user) == before
    assert_session_lives(client, mine)
    assert_session_lives(client, other)
    assert sent == []


def test_a_wrong_current_password_is_said_before_a_weak_new_one(client, user):
    mine = client.pair(user)
    answer = change(client, mine["access"], current="wrong", new="short")
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)


@override_settings(
    AUTH_PASSWORD_VALIDATORS=[
        {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    ]
)
def test_the_validators_know_whose_password_it_is(client, make_user):
    user = make_user("fitzwilliam", first_name="Fitzwilliam") if has_names() else make_user("x")
    if not has_names():
        assert change(client, client.pair(user)["access"], new="Fitzwilliam").status_code == 204
        return
    answer = change(client, client.pair(user)["access"], new="Fitzwilliam")
    assert answer.status_code == 400
    assert list(answer.json()) == ["new_password"]


def has_names():
    return "first_name" in {field.name for field in get_user_model()._meta.get_fields()}


@pytest.mark.parametrize(
    "new",
    [
        "  spaces around  ",
        "caf\xe9-caf\xe9",
        "cafe\u0301-cafe\u0301",
        "\u202e reversed",
        "\U0001f600" * 9,
        "x" * 4096,
    ],
    ids=["spaces", "composed", "decomposed", "bidi", "emoji", "longest"],
)
def test_the_new_password_is_kept_exactly_as_received(client, user, new):
    assert change(client, client.pair(user)["access"], new=new).status_code == 204
    assert client.log_in(user, new).status_code == 200
    for other in (new.strip(), "caf\xe9-caf\xe9", "cafe\u0301-cafe\u0301", new[:-1]):
        if other != new:
            assert client.log_in(user, other).status_code == 401


WRONG_TYPES = {
    "int": 12345678,
    "float": 1.5,
    "true": True,
    "null": None,
    "list": [PASSWORD],
    "object": {"a": PASSWORD},
    "empty": "",
    "too-long": "x" * 4097,
    "nul": "x" * 12 + "\0",
}


@pytest.mark.parametrize("member", ["current_password", "new_password"])
@pytest.mark.parametrize("name", WRONG_TYPES)
def test_what_is_no_password_is_refused_by_its_name(client, user, member, name):
    mine, before = client.pair(user), stored_password(user)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, member: WRONG_TYPES[name]}

    answer = client.post(
        AUTH + "password/change/",
        json.dumps(body),
        content_type="application/json",
        **bearer(mine["access"]),
    )

    assert answer.status_code == 400
    assert list(answer.json()) == [member]
    assert stored_password(user) == before
    assert_session_lives(client, mine)


def test_both_members_are_required(client, user):
    answer = client.post(AUTH + "password/change/", {}, **bearer(client.pair(user)["access"]))
    required = ["This field is required."]
    assert (answer.status_code, answer.json()) == (
        400,
        {"current_password": required, "new_password": required},
    )


def test_no_api_key_changes_a_password(client, user, django_assert_num_queries):
    _, key = APIKey.objects.create_key(name="robot", owner=user)
    before = stored_password(user)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    with django_assert_num_queries(0):
        answer = client.post(AUTH + "password/change/", body, HTTP_X_API_KEY=key)

    assert_refused(answer, NOT_AUTHENTICATED, challenge=CHALLENGE)
    assert stored_password(user) == before


def test_an_api_key_beside_the_token_is_ignored(client, user):
    _, key = APIKey.objects.create_key(name="robot", owner=user)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    headers = bearer(client.pair(user)["access"])
    answer = client.post(AUTH + "password/change/", body, HTTP_X_API_KEY=key, **headers)
    assert answer.status_code == 204


def test_a_refresh_in_the_middle_of_the_change_does_not_end_this_session(client, user):
    mine = client.pair(user)
    changes = []

    with at_statement("UPDATE", Session, lambda: changes.append(change(client, mine["access"]))):
        answer = client.refresh(mine["refresh"])

    assert changes[0].status_code == 204
    assert answer.status_code == 200
    assert_session_lives(client, answer.json())


def test_a_change_that_fails_half_way_changes_nothing(client, user):
    mine, other, before = client.pair(user), client.pair(user), stored_password(user)

    client.raise_request_exception = False
    with failing_statement("UPDATE", Session, RuntimeError("the database went away")):
        assert change(client, mine["access"]).status_code == 500

    assert stored_password(user) == before
    assert_session_lives(client, mine)
    assert_session_lives(client, other)


def test_a_change_adds_no_session(client, user):
    mine = client.pair(user)
    change(client, mine["access"])
    assert Session.objects.count() == 1


# --- a newer password -------------------------------------------------------------------------


@pytest.mark.parametrize("meanwhile", ROADS)
@pytest.mark.parametrize("new", [NEW_PASSWORD, PASSWORD], ids=["new", "the-old-one-again"])
def test_what_is_set_during_a_change_stays_and_the_session_ends(
    client, user, sent, security_log, mailoutbox, meanwhile, new
):
    mine = client.pair(user)
    sent.clear()

    with interrupted(lambda: meanwhile(user)):
        answer = change(client, mine["access"], new=new)

    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    after = get_user_model().objects.get(pk=user.pk)
    assert after.check_password(NEWER) == (meanwhile is not close_to_passwords)
    assert after.has_usable_password() == (meanwhile is not close_to_passwords)
    assert not after.check_password(new)
    assert_session_is_dead(client, mine)
    assert (sent, mailoutbox) == ([], [])
    assert [level for level, _ in security_log("password_change_failed")] == ["WARNING"]


def test_of_two_changes_in_one_session_the_first_one_stored_stays(client, user):
    mine = client.pair(user)

    def change_first():
        assert change(client, mine["access"], new=NEWER).status_code == 204

    with interrupted(change_first):
        answer = change(client, mine["access"])

    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert get_user_model().objects.get(pk=user.pk).check_password(NEWER)
    assert_session_lives(client, mine)


def test_a_session_that_ends_during_a_change_changes_nothing(client, user, sent):
    mine, other = client.pair(user), client.pair(user)
    before = stored_password(user)

    def end_it():
        assert client.delete(AUTH + "sessions/", **bearer(other["access"])).status_code == 204
        sent.clear()

    with interrupted(end_it):
        answer = change(client, mine["access"])

    assert_session_ended(answer)
    assert stored_password(user) == before
    assert_session_is_dead(client, mine)
    assert_session_lives(client, other)
    assert sent == []


def test_an_account_that_is_deleted_during_a_change_stays_deleted(client, user):
    mine = client.pair(user)
    with interrupted(user.delete):
        answer = change(client, mine["access"])
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert not get_user_model().objects.exists()


def test_a_hash_that_the_change_itself_upgrades_is_the_present_one(client, user):
    mine = client.pair(user)
    better = [
        "tests.passwords.rehash.hashers.FewIterations",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    with override_settings(PASSWORD_HASHERS=better):
        assert change(client, mine["access"]).status_code == 204
    assert_session_lives(client, mine)


def test_receivers_of_the_model_can_compare_with_what_is_stored(client, user):
    """Histories of passwords, and what else a project does when one changes."""
    access, before, seen = client.pair(user)["access"], stored_password(user), []

    def receive(signal, instance, update_fields, **kwargs):
        seen.append((set(update_fields), stored_password(instance) == before))

    signals = [pre_save, post_save]
    for signal in signals:
        signal.connect(receive, sender=get_user_model())
    try:
        assert change(client, access).status_code == 204
    finally:
        for signal in signals:
            signal.disconnect(receive, sender=get_user_model())
    assert seen == [({"password"}, True), ({"password"}, False)]
