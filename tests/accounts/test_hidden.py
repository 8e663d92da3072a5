"""Accounts that the project's default manager hides, by soft deletion or tenants: every door."""

import pytest
from authkit.models import APIKey, OneTimeLink, Session
from authkit.signals import session_ended
from django.contrib.auth import get_user_model
from django.db import models
from django.test import override_settings

from tests.accounts.calls import ON, change, open_link, post, take_password, token_in
from tests.accounts.test_registration import LINK_INVALID, make
from tests.api_keys.calls import KEYS, with_key
from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.factors.calls import challenge, complete
from tests.sessions.answers import (
    assert_session_ended,
    assert_session_is_dead,
    assert_session_lives,
)

pytestmark = pytest.mark.django_db(transaction=True)

RESET = "https://app.example/confirm#token={token}&uid={uid}"


class HidingManager(models.Manager):
    hidden = ()

    def get_queryset(self):
        return super().get_queryset().exclude(pk__in=self.hidden)

    def get_by_natural_key(self, username):
        return self.get(**{self.model.USERNAME_FIELD: username})


@pytest.fixture
def hide(monkeypatch):
    """Make the project's default manager hide users."""
    manager = HidingManager()
    manager.model = get_user_model()
    manager.name = "hiding"
    monkeypatch.setattr(get_user_model()._meta, "default_manager", manager)

    def hide(*users):
        manager.hidden = [user.pk for user in users]

    return hide


def test_log_in_and_sessions_are_closed(client, user, make_user, hide):
    pair, seen = client.pair(user), client.pair(make_user())
    assert_session_lives(client, pair)

    hide(user)

    assert_session_is_dead(client, pair)
    assert client.log_in(user).status_code == 401
    assert_session_lives(client, seen)


def test_a_user_who_is_shown_again_has_their_sessions_again(client, user, hide):
    pair = client.pair(user)
    hide(user)
    assert_session_ended(client.sessions(pair["access"]))
    hide()
    assert_session_lives(client, pair)


@pytest.mark.parametrize("listens", [False, True], ids=["unheard", "heard"])
def test_a_log_out_of_a_hidden_user_is_final(client, user, hide, listens):
    pair, ended = client.pair(user), []

    def receive(sender, session, reason, **extra):
        ended.append(session.pk)

    if listens:
        session_ended.connect(receive)
    hide(user)
    try:
        assert client.revoke(pair["refresh"]).status_code == 204
    finally:
        session_ended.disconnect(receive)
    hide()
    assert len(ended) == listens
    assert Session.objects.get().revoked_at is not None
    assert_session_is_dead(client, pair)


def test_the_second_step_of_a_log_in_is_closed(client, user, enrol, hide):
    owner = enrol(user)
    waiting = challenge(client, user)
    live = Session.objects.live().count()
    hide(user)
    answer = complete(client, waiting, owner.phone.fresh_code())
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_challenge")
    assert Session.objects.live().count() == live


@pytest.mark.parametrize("seconds", [0, 60], ids=["uncached", "cached"])
def test_keys_are_closed(client, user, hide, seconds):
    hide()
    with override_settings(AUTHKIT={"API_KEY_CACHE_SECONDS": seconds}):
        _, key = APIKey.objects.create_key(name="job", owner=user)
        service = APIKey.objects.create_key(name="s", scope="authkit:introspect")[1]
        pair = client.pair(user)

        def active(credential):
            body = {"token": credential}
            answer = client.post(AUTH + "token/introspect/", body, **with_key(service))
            return answer.json()["active"]

        assert active(key)
        assert active(pair["access"])
        hide(user)
        assert not active(key)
        assert not active(pair["access"])
        # No endpoint of ours takes a key; an introspection with an owner's key is 403 if it lives.
        answer = client.post(AUTH + "token/introspect/", {"token": "x"}, **with_key(key))
        assert (answer.status_code, answer.json()["code"]) == (401, "api_key_invalid")
        answer = client.post(KEYS, {"name": "another"}, **bearer(pair["access"]))
        assert_session_ended(answer)
        assert APIKey.objects.count() == 2


@pytest.mark.addresses
def test_mails_and_links_are_closed(client, hide, mailoutbox, settings):
    settings.AUTHKIT = {**ON, "PASSWORD_RESET_URL": RESET}
    person = make("old@example.com", "reader")
    pair = client.pair(person)
    assert change(client, pair["access"], "new@example.com").status_code == 202
    post(client, "password/reset/", {"email": "old@example.com"})
    links = {mail.subject: token_in(mail) for mail in mailoutbox}
    assert len(links) == OneTimeLink.objects.count() == 3
    hide(person)
    mailoutbox.clear()
    for token in links.values():
        assert open_link(Client(), token).json() == LINK_INVALID
        body = {"uid": "MQ", "token": token, "new_password": PASSWORD}
        assert post(client, "password/reset/confirm/", body).json() == LINK_INVALID
    assert post(client, "password/reset/", {"email": "old@example.com"}).status_code == 202
    assert mailoutbox == []
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


@pytest.mark.addresses
def test_the_link_of_a_deletion_is_closed(client, hide, mailoutbox, settings):
    settings.AUTHKIT = ON
    person = make("old@example.com", "reader")
    access = client.pair(person)["access"]
    take_password(person)
    assert client.delete(AUTH + "me/", {}, format="json", **bearer(access)).status_code == 202
    hide(person)
    assert open_link(Client(), token_in(mailoutbox[0])).json() == LINK_INVALID
    assert get_user_model()._base_manager.filter(pk=person.pk).exists()
