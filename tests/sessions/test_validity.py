"""Whatever ends a session, both its tokens are refused by the very next request."""

import pytest
from authkit.models import Session
from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.hashers import make_password
from django.contrib.auth.management.commands import changepassword
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client as BrowserClient
from django.test import override_settings
from django.urls import include, path

from tests.conftest import PASSWORD
from tests.sessions.answers import (
    assert_session_ended,
    assert_session_is_dead,
    assert_session_lives,
    assert_token_expired,
)
from tests.sessions.forge import claims_of

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another correct horse"


class PasswordsAdmin(UserAdmin):
    """The stock admin of users, cut down to what every user model of the suite has."""

    fieldsets = ((None, {"fields": ("password",)}),)
    list_display = ("pk",)
    list_filter = ()
    search_fields = ()
    ordering = ("pk",)
    filter_horizontal = ()


site = AdminSite(name="passwords")
site.register(get_user_model(), PasswordsAdmin)
urlpatterns = [
    path("passwords/", site.urls),
    path("api/v1/auth/", include("authkit.urls")),
]


def table():
    return connection.ops.quote_name(get_user_model()._meta.db_table)


def pk_column():
    return connection.ops.quote_name(get_user_model()._meta.pk.column)


def execute(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        assert cursor.rowcount == 1


def stored_pk(user):
    return user._meta.pk.get_db_prep_value(user.pk, connection)


# --- roads to the end --------------------------------------------------------------------------


def by_save(user):
    user.is_active = False
    user.save()


def by_update(user):
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


def by_raw_sql(user):
    execute(f"UPDATE {table()} SET is_active = %s WHERE {pk_column()} = %s", False, stored_pk(user))


def by_deletion(user):
    get_user_model().objects.get(pk=user.pk).delete()


def by_deletion_of_a_queryset(user):
    get_user_model().objects.filter(pk=user.pk).delete()


def by_set_password(user):
    user.set_password(NEW_PASSWORD)
    user.save()


def by_setting_the_same_password_again(user):
    user.set_password(PASSWORD)
    user.save()


def by_set_unusable_password(user):
    user.set_unusable_password()
    user.save(update_fields=["password"])


def by_password_update(user):
    get_user_model().objects.filter(pk=user.pk).update(password=make_password(NEW_PASSWORD))


def by_password_in_raw_sql(user):
    execute(
        f"UPDATE {table()} SET password = %s WHERE {pk_column()} = %s",
        make_password(NEW_PASSWORD),
        stored_pk(user),
    )


def by_being_replaced(user):
    """Another user gets the primary key, with the same name and the same password."""
    model = type(user)
    newcomer = model.objects.get(pk=user.pk)
    newcomer.set_password(PASSWORD)
    with connection.constraint_checks_disabled(), transaction.atomic():
        model.objects.filter(pk=user.pk)._raw_delete("default")
        newcomer.save_base(raw=True, force_insert=True)


ROADS = [
    by_save,
    by_update,
    by_raw_sql,
    by_deletion,
    by_deletion_of_a_queryset,
    by_set_password,
    by_setting_the_same_password_again,
    by_set_unusable_password,
    by_password_update,
    by_password_in_raw_sql,
    by_being_replaced,
]


@pytest.mark.parametrize("end", ROADS, ids=lambda road: road.__name__)
def test_what_happens_to_a_user_ends_every_session_of_theirs_and_no_other(
    client, user, make_user, end
):
    pairs, foreign = [client.pair(user), client.pair(user)], client.pair(make_user())
    spent = client.pair(user)
    pairs += [spent, client.refresh(spent["refresh"]).json()]

    end(user)

    for pair in pairs:
        assert_session_is_dead(client, pair)
    assert_session_lives(client, foreign)


def test_the_changepassword_command_ends_every_session(client, user, monkeypatch, capsys):
    pair = client.pair(user)
    monkeypatch.setattr(changepassword.getpass, "getpass", lambda prompt: NEW_PASSWORD)

    call_command("changepassword", user.get_username())

    assert "Password changed successfully" in capsys.readouterr().out
    assert_session_is_dead(client, pair)
    assert client.log_in(user, NEW_PASSWORD).status_code == 200


@override_settings(ROOT_URLCONF=__name__)
def test_a_password_set_in_the_admin_ends_every_session(client, user):
    pair = client.pair(user)
    browser = BrowserClient()
    browser.force_login(get_user_model().objects.create_superuser("root@example.com", password="x"))

    form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    answer = browser.post(
        f"/passwords/{user._meta.app_label}/{user._meta.model_name}/{user.pk}/password/", form
    )

    assert answer.status_code == 302
    assert_session_is_dead(client, pair)
    assert client.log_in(user, NEW_PASSWORD).status_code == 200


def test_a_user_who_is_active_again_has_the_sessions_that_were_not_ended(client, user):
    pair = client.pair(user)
    by_update(user)
    assert_session_is_dead(client, pair)

    get_user_model().objects.filter(pk=user.pk).update(is_active=True)

    assert_session_lives(client, pair)


@pytest.mark.parametrize("method", ["get_session_auth_hash", "_get_session_auth_hash"])
def test_a_user_model_with_a_session_hash_of_its_own_ends_sessions_by_it(
    client, user, monkeypatch, method
):
    hashed = ["a column of the project"]
    monkeypatch.setattr(type(user), method, lambda user, **secret: hashed[0])
    pair = client.pair(user)
    assert_session_lives(client, pair)
    hashed[0] = "another value of it"
    assert_session_is_dead(client, pair)


def test_what_is_no_password_ends_no_session(client, user):
    pair = client.pair(user)
    user.refresh_from_db()
    user.is_staff = True
    user.save()
    assert_session_lives(client, pair)


# --- log out -----------------------------------------------------------------------------------


def test_a_log_out_ends_the_session_and_says_so_once(client, user, clock, sent, security_log):
    pair, other = client.pair(user), client.pair(user)

    answer = client.revoke(pair["refresh"])

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Cache-Control"] == "no-store"
    assert_session_is_dead(client, pair)
    assert_session_lives(client, other)
    session = Session.objects.get(pk=claims_of(pair["access"])["sid"])
    assert session.revoked_at is not None
    assert sent[2:] == [("session_ended", {"session": session, "reason": "log_out"})]
    assert [level for level, _ in security_log("session_ended")] == ["INFO"]
    assert security_log("session_ended")[0][1]["reason"] == "log_out"

    revoked_at = session.revoked_at
    clock.shift(60)
    assert client.revoke(pair["refresh"]).status_code == 204
    session.refresh_from_db()
    assert session.revoked_at == revoked_at
    assert len(sent) == 3


def test_a_spent_token_logs_out_its_session_too(client, user, clock):
    pair = client.pair(user)
    successor = client.refresh(pair["refresh"]).json()
    clock.shift(60)

    assert client.revoke(pair["refresh"]).status_code == 204

    assert_session_is_dead(client, successor)


@pytest.mark.parametrize("end", [by_update, by_deletion, by_set_password])
def test_a_log_out_of_a_dead_session_is_answered_like_any_other(client, user, end):
    pair = client.pair(user)
    end(user)
    assert client.revoke(pair["refresh"]).status_code == 204
    assert_session_is_dead(client, pair)


def test_an_expired_access_token_says_whether_a_refresh_helps(client, user, clock):
    pair = client.pair(user)
    clock.shift(300)
    for ask in (client.sessions, client.verify):
        assert_token_expired(ask(pair["access"]))
    successor = client.refresh(pair["refresh"]).json()
    assert_session_lives(client, successor)

    client.revoke(successor["refresh"])
    for ask in (client.sessions, client.verify):
        assert_session_ended(ask(pair["access"]))
    assert_session_is_dead(client, successor)


def test_a_log_out_needs_no_valid_access_token(client, user):
    pair = client.pair(user)
    client.credentials(HTTP_AUTHORIZATION="Bearer stale")
    assert client.revoke(pair["refresh"]).status_code == 204
    client.credentials()
    assert_session_is_dead(client, pair)


# --- keys --------------------------------------------------------------------------------------

SIGNING = {"SIGNING_KEY": "a signing key of its own, thirty-two bytes and more"}


def test_sessions_survive_a_new_secret_key_that_knows_the_old_one(client, user, settings):
    settings.SIMPLE_JWT = SIGNING
    pair, unused = client.pair(user), client.pair(user)
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "n" * 60
    settings.SECRET_KEY_FALLBACKS = [old]

    assert_session_lives(client, pair)
    assert {s["current"] for s in client.sessions(pair["access"]).json()} == {True, False}
    assert_session_lives(client, client.refresh(pair["refresh"]).json())
    assert_session_lives(client, unused)


def test_a_new_secret_key_that_forgets_the_old_one_ends_every_session(client, user, settings):
    settings.SIMPLE_JWT = SIGNING
    pair = client.pair(user)
    settings.SECRET_KEY = "n" * 60
    assert_session_is_dead(client, pair)


def test_a_password_changed_under_the_old_secret_key_ends_sessions_under_the_new(
    client, user, settings
):
    settings.SIMPLE_JWT = SIGNING
    pair = client.pair(user)
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "n" * 60
    settings.SECRET_KEY_FALLBACKS = [old]
    by_set_password(user)
    assert_session_is_dead(client, pair)
