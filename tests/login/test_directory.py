"""A directory judges the password, as LDAP does: every endpoint asks it, not ``token/`` alone."""

import logging

import pytest
from authkit.models import PasswordAttempts, SecurityEvent, Session
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed

from tests.accounts.test_deletion import delete
from tests.conftest import AUTH, PASSWORD, bearer
from tests.factors import calls
from tests.factors.phone import Phone
from tests.login.backends import Directory, Swapping, Unreachable
from tests.sessions.answers import (
    CHALLENGE,
    INVALID_CREDENTIALS,
    assert_refused,
    assert_session_ended,
    assert_session_is_dead,
    assert_session_lives,
)

pytestmark = pytest.mark.django_db

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
DIRECTORY = "tests.login.backends.Directory"
UNREACHABLE = "tests.login.backends.Unreachable"
SWAPPING = "tests.login.backends.Swapping"

NEW_PASSWORD = "another correct horse"
ELSEWHERE = {
    "detail": "The password of this account is managed by another system. Change it there.",
    "code": "password_managed_elsewhere",
}
NO_PASSWORD = {"detail": "This account has no password.", "code": "no_password"}


@pytest.fixture(autouse=True)
def _directory(settings, monkeypatch, mailers):
    settings.AUTHENTICATION_BACKENDS = [DIRECTORY, MODEL_BACKEND]
    monkeypatch.setattr(Directory, "passwords", {})
    monkeypatch.setattr(Swapping, "user", None)


@pytest.fixture
def employee(make_user):
    """A user of the directory, without a password here."""
    user = make_user(password=None)
    Directory.passwords[user.get_username()] = PASSWORD
    return user


@pytest.fixture
def access(client, employee):
    return client.pair(employee)["access"]


def reauthenticate(client, access, password):
    return calls.reauthenticate(client, access, password=password)


def change(client, access, password):
    body = {"current_password": password, "new_password": NEW_PASSWORD}
    return client.post(AUTH + "password/change/", body, **bearer(access))


def delete_me(client, access, password):
    return delete(client, access, password=password)


def move(client, access, password):
    body = {"email": "new@example.com", "password": password}
    return client.post(AUTH + "email/change/", body, **bearer(access))


DOORS = pytest.mark.parametrize(
    ("ask", "status"),
    [
        (reauthenticate, 200),
        (change, 409),
        (delete_me, 204),
        pytest.param(move, 202, marks=pytest.mark.addresses),
    ],
    ids=["reauthenticate", "change", "delete", "move"],
)


@pytest.fixture(autouse=True)
def _page(settings):
    settings.AUTHKIT = {"EMAIL_VERIFICATION_URL": "https://app.example/confirm#token={token}"}


def failures():
    return sum(PasswordAttempts.objects.values_list("failures", flat=True))


@DOORS
def test_the_password_of_the_directory_is_the_right_one(client, access, ask, status):
    assert ask(client, access, PASSWORD).status_code == status
    assert failures() == 0


@DOORS
def test_a_wrong_one_is_refused_and_counted_in_one_budget(client, access, ask, status):
    for _ in range(5):
        answer = ask(client, access, PASSWORD + "x")
        assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    for _ in range(5):
        assert reauthenticate(client, access, PASSWORD + "x").status_code == 401
    assert failures() == 10
    assert ask(client, access, PASSWORD).status_code == 429


def test_the_app_is_turned_off_with_the_password_of_the_directory_and_a_code(
    client, employee, clock
):
    access = client.pair(employee)["access"]
    phone = Phone(calls.set_up(client, access).json()["secret"], clock)
    assert calls.confirm(client, access, phone.code()).status_code == 200
    answer = calls.post(client, "2fa/totp/disable/", {"code": phone.fresh_code()}, access)
    assert (answer.status_code, answer.json()) == (400, {"password": ["This field is required."]})
    answer = calls.disable(client, access, phone.fresh_code(), PASSWORD + "x")
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert calls.disable(client, access, phone.fresh_code()).status_code == 204


def test_a_fresh_token_alone_deletes_no_account_of_the_directory(client, access):
    answer = delete(client, access)
    assert (answer.status_code, answer.json()) == (400, {"password": ["This field is required."]})
    assert get_user_model().objects.exists()


@DOORS
def test_the_password_of_another_account_proves_nothing(
    client, access, make_user, settings, ask, status
):
    settings.AUTHENTICATION_BACKENDS = [SWAPPING, DIRECTORY]
    Swapping.user = make_user()
    answer = ask(client, access, PASSWORD)
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert failures() == 1


@DOORS
@pytest.mark.parametrize(
    "backends", [[UNREACHABLE], [UNREACHABLE, MODEL_BACKEND], [MODEL_BACKEND, UNREACHABLE]], ids=str
)
def test_a_directory_that_is_down_is_503_and_counts_nothing(
    client, access, settings, ask, status, backends
):
    before = settings.AUTHENTICATION_BACKENDS
    settings.AUTHENTICATION_BACKENDS = backends
    for _ in range(11):
        answer = ask(client, access, PASSWORD)
        assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
        assert answer["Retry-After"] == "5"
    assert failures() == 0
    settings.AUTHENTICATION_BACKENDS = before
    assert reauthenticate(client, access, PASSWORD).status_code == 200


def test_an_outage_says_what_failed_once_and_without_a_traceback(client, access, settings, caplog):
    settings.AUTHENTICATION_BACKENDS = [UNREACHABLE]
    for _ in range(3):
        reauthenticate(client, access, PASSWORD)
    lines = [line for line in caplog.records if line.name == "authkit.backends"]
    assert [line.getMessage() for line in lines] == [
        "An authentication backend failed; answered 503. ConnectionError: the directory is down"
    ]
    assert [(line.levelno, line.exc_info) for line in lines] == [(logging.ERROR, None)]


def test_a_password_that_was_compared_counts_although_the_next_backend_is_down(
    client, user, settings
):
    access = client.pair(user)["access"]
    settings.AUTHENTICATION_BACKENDS = [MODEL_BACKEND, UNREACHABLE]
    statuses = [reauthenticate(client, access, "wrong").status_code for _ in range(11)]
    assert statuses == [503] * 10 + [429]


def test_a_fault_of_a_backend_is_no_outage(client, access, monkeypatch, settings):
    def fails(self, request, username, password):
        raise KeyError("mail")

    monkeypatch.setattr(Unreachable, "authenticate", fails)
    settings.AUTHENTICATION_BACKENDS = [UNREACHABLE]
    client.raise_request_exception = False
    assert reauthenticate(client, access, PASSWORD).status_code == 500
    assert failures() == 0


def test_a_backend_that_denies_is_final(client, user, settings):
    access = client.pair(user)["access"]
    settings.AUTHENTICATION_BACKENDS = ["tests.login.backends.Denying", MODEL_BACKEND]
    answer = reauthenticate(client, access, PASSWORD)
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)


def test_a_lockout_by_axes_is_429_with_a_retry_after(client, user, settings):
    access = client.pair(user)["access"]
    settings.AUTHENTICATION_BACKENDS = ["tests.login.backends.LockingOut", MODEL_BACKEND]
    settings.AXES_COOLOFF_TIME = 2
    answer = reauthenticate(client, access, PASSWORD)
    assert (answer.status_code, answer["Retry-After"]) == (429, "7200")


def test_a_stored_password_that_no_backend_asks_about_is_not_the_password(client, user, settings):
    """It may have been left behind when the users moved to the directory."""
    Directory.passwords[user.get_username()] = "from the directory"
    access = client.pair(user, "from the directory")["access"]
    settings.AUTHENTICATION_BACKENDS = [DIRECTORY]
    answer = delete(client, access, password=PASSWORD)
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)


def test_a_stored_password_is_not_changed_by_the_one_of_the_directory(client, user):
    """The user would go on logging in with the old one."""
    Directory.passwords[user.get_username()] = "from the directory"
    pair = client.pair(user, "from the directory")
    answer = change(client, pair["access"], "from the directory")
    assert_refused(answer, ELSEWHERE, status=409, challenge=None)
    assert failures() == 0
    assert change(client, pair["access"], PASSWORD).status_code == 204
    assert client.log_in(user, NEW_PASSWORD).status_code == 200
    assert_session_lives(client, pair)


@pytest.mark.addresses
@pytest.mark.user_names
def test_a_backend_that_takes_e_mail_addresses_alone_proves_a_password(client, make_user, settings):
    settings.AUTHENTICATION_BACKENDS = ["tests.login.backends.ByEmailAlone"]
    make_user("ann", email="ann@example.com")
    answer = client.post(
        AUTH + "token/", {"username": "ann@example.com", "password": PASSWORD}, format="json"
    )
    access = answer.json()["access"]
    assert reauthenticate(client, access, PASSWORD).status_code == 200
    answer = reauthenticate(client, access, "wrong")
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert failures() == 1


@pytest.mark.addresses
@pytest.mark.user_names
@pytest.mark.parametrize("has_logged_in", [True, False])
def test_a_directory_is_asked_by_e_mail_where_the_user_is_known_to_log_in_by_it(
    client, make_user, settings, monkeypatch, has_logged_in
):
    asked = []

    def authenticate(self, request, username=None, password=None):
        asked.append(username)
        right = (username, password) == ("ann@example.com", PASSWORD)
        return get_user_model().objects.get(email=username) if right else None

    monkeypatch.setattr(Directory, "authenticate", authenticate)
    settings.AUTHENTICATION_BACKENDS = [DIRECTORY]
    user = make_user("ann", password=None, email="ann@example.com")
    body = {"username": "ann@example.com", "password": PASSWORD}
    pair = client.post(AUTH + "token/", body, format="json").json()
    if not has_logged_in:
        user.authkit_login_names.all().delete()
    asked.clear()
    status = reauthenticate(client, pair["access"], PASSWORD).status_code
    assert (status, asked) == (
        (200, ["ann", "ann@example.com"]) if has_logged_in else (401, ["ann"])
    )


def test_the_backends_get_the_request(client, access, monkeypatch):
    requests = []

    def authenticate(self, request, username=None, password=None):
        requests.append(request)

    monkeypatch.setattr(Directory, "authenticate", authenticate)
    reauthenticate(client, access, PASSWORD)
    assert [request.path for request in requests] == [AUTH + "reauthenticate/"]


def test_receivers_of_django_hear_of_a_wrong_password(client, access, employee):
    heard = []

    def receive(sender, credentials, **kwargs):
        heard.append(credentials["username"])

    user_login_failed.connect(receive)
    try:
        reauthenticate(client, access, "wrong")
    finally:
        user_login_failed.disconnect(receive)
    assert heard == [employee.get_username()]
    assert SecurityEvent.objects.filter(kind="reauthentication_failed").count() == 1


def test_a_password_that_has_changed_meanwhile_proves_nothing(client, user, monkeypatch):
    """Race: an administrator sets another one, after the request was authenticated."""
    pair = client.pair(user)
    changed = get_user_model().objects.get(pk=user.pk)
    original = Directory.authenticate

    def authenticate(self, request, username=None, password=None):
        changed.set_password(NEW_PASSWORD)
        changed.save()
        return original(self, request, username, password)

    monkeypatch.setattr(Directory, "authenticate", authenticate)
    assert_session_ended(reauthenticate(client, pair["access"], NEW_PASSWORD))
    assert failures() == 0
    assert_session_is_dead(client, pair)


def test_a_hasher_upgrade_at_a_proof_ends_no_session(client, user, settings):
    pair = client.pair(user)
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    assert reauthenticate(client, pair["access"], PASSWORD).status_code == 200
    assert get_user_model().objects.get(pk=user.pk).password.startswith("scrypt$")
    assert_session_lives(client, pair)
    assert delete(client, pair["access"], password=PASSWORD).status_code == 204


def test_a_hasher_upgrade_and_the_change_that_it_proves_are_one_request(client, user, settings):
    access = client.pair(user)["access"]
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    assert change(client, access, PASSWORD).status_code == 204
    assert client.log_in(user, NEW_PASSWORD).status_code == 200


def test_a_user_of_single_sign_on_beside_a_directory_logs_in_again(client, access):
    """The session began without a password, so the directory may not know the user."""
    Session.objects.update(methods="swk")
    answer = calls.reauthenticate(client, access)
    assert_refused(answer, NO_PASSWORD, status=409, challenge=None)
    assert failures() == 0
    assert reauthenticate(client, access, PASSWORD).status_code == 200
    assert reauthenticate(client, access, PASSWORD + "x").status_code == 401


def test_without_a_directory_an_account_without_a_password_has_nothing_to_prove(
    client, access, settings
):
    settings.AUTHENTICATION_BACKENDS = [MODEL_BACKEND]
    for ask in (reauthenticate, change):
        answer = ask(client, access, PASSWORD)
        assert_refused(answer, NO_PASSWORD, status=409, challenge=None)
    assert failures() == 0
    assert Session.objects.get().is_live()
