"""``authkit.testing``: each helper at work, within a transaction and without one."""

from datetime import timedelta

import pytest
from authkit.errors import InvalidCredentials, SessionEnded
from authkit.models import Session
from authkit.testing import authenticator_app, catch_mails, client_for, key_client
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import TestCase, TransactionTestCase, override_settings
from rest_framework.test import APIClient

from tests.conftest import AUTH, PASSWORD, has_column, username_for
from tests.settings import ATOMIC_REQUESTS

RESET = "https://app.example.com/reset#uid={uid}&token={token}"
CONFIRM = "https://app.example.com/confirm?token={token}"


def new_user(**fields):
    model = get_user_model()
    name = {model.USERNAME_FIELD: username_for("tester")}
    return model.objects.create_user(password=PASSWORD, **{**name, **fields})


def code_of(answer):
    body = answer.json()
    return answer.status_code, body.get("code") or answer.data["detail"].code


pytestmark = [pytest.mark.urls("tests.testing.urls"), pytest.mark.usefixtures("mailers")]


class Cases:
    def setUp(self):
        self.user = new_user()

    def test_a_client_has_a_real_session(self):
        client = client_for(self.user)
        assert client.get("/plain/").json() == {"user": str(self.user.pk)}
        assert client.auth_session.amr == ["pwd"]
        [listed] = client.get(AUTH + "sessions/").json()
        assert (listed["id"], listed["current"]) == (str(client.session_id), True)
        assert client.get("/recent/").status_code == 200
        assert code_of(client.get("/mfa/")) == (401, "step_up_required")

    def test_clients_of_one_user_have_sessions_of_their_own(self):
        one, two = client_for(self.user), client_for(self.user)
        one.end_session()
        assert code_of(one.get("/plain/")) == (401, "session_ended")
        assert two.get("/plain/").status_code == 200

    def test_a_client_without_a_session_cannot_be_had(self):
        self.user.is_active = False
        with pytest.raises(InvalidCredentials):
            client_for(self.user)

    def test_an_expired_access_token_is_renewed(self):
        client = client_for(self.user)
        client.expire_access_token()
        assert code_of(client.get("/plain/")) == (401, "token_expired")
        client.rotate()
        assert client.get("/plain/").status_code == 200
        answer = client.post(AUTH + "token/refresh/", {"refresh": client.refresh}, format="json")
        assert answer.status_code == 200

    def test_a_session_that_has_run_out_is_not_renewed(self):
        client = client_for(self.user)
        client.expire_session()
        assert code_of(client.get("/plain/")) == (401, "session_ended")
        with pytest.raises(SessionEnded):
            client.rotate()

    def test_an_old_authentication_needs_step_up(self):
        client = client_for(self.user)
        client.age_authentication(timedelta(minutes=6))
        assert client.get("/plain/").status_code == 200
        assert code_of(client.get("/recent/")) == (401, "step_up_required")
        body = {"password": PASSWORD}
        fresh = client.post(AUTH + "reauthenticate/", body, format="json").json()["access"]
        other = APIClient(headers={"authorization": f"Bearer {fresh}"})
        assert other.get("/recent/").status_code == 200
        client.reauthenticate()
        assert client.get("/recent/").status_code == 200

    def test_a_session_can_have_passed_a_factor_that_the_user_lacks(self):
        client = client_for(self.user, second_factor=True)
        assert client.get("/mfa/").status_code == 200

    def test_an_app_types_codes_that_are_accepted(self):
        app = authenticator_app(self.user)
        body = {self.user.USERNAME_FIELD: self.user.get_username(), "password": PASSWORD}
        for _ in range(4):  # more than a window of codes has
            challenge = APIClient().post(AUTH + "token/", body, format="json").json()["challenge"]
            wrong = {"challenge": challenge, "code": app.wrong_code()}
            path = AUTH + "token/second-factor/"
            assert code_of(APIClient().post(path, wrong, format="json")) == (401, "invalid_code")
            right = {"challenge": challenge, "code": app.code()}
            assert APIClient().post(path, right, format="json").status_code == 200
        answer = APIClient().post(
            AUTH + "token/", {**body, "otp": app.recovery_codes[0]}, format="json"
        )
        assert answer.status_code == 200

    def test_a_session_of_a_user_with_an_app_has_passed_it(self):
        app = authenticator_app(self.user)
        client = client_for(self.user)
        assert client.get("/mfa/").status_code == 200
        body = {"code": app.code()}
        assert client.post(AUTH + "2fa/recovery-codes/", body, format="json").status_code == 201
        with pytest.raises(ValueError, match="second factor"):
            client_for(self.user, second_factor=False)

    def test_another_app_replaces_the_first(self):
        first, second = authenticator_app(self.user), authenticator_app(self.user)
        client = client_for(self.user)
        old = {"code": first.code()}
        assert first.secret != second.secret
        assert client.post(AUTH + "2fa/recovery-codes/", old, format="json").status_code == 401
        new = {"code": second.code()}
        assert client.post(AUTH + "2fa/recovery-codes/", new, format="json").status_code == 201

    @override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"})
    def test_a_setting_holds_for_the_client(self):
        answer = client_for(self.user).get("/plain/")
        assert code_of(answer) == (403, "second_factor_enrolment_required")
        assert client_for(self.user, second_factor=True).get("/plain/").status_code == 200

    @override_settings(AUTHKIT={"SCOPES": {"books:read": "Read", "books:write": "Write"}})
    def test_a_key_has_its_scopes(self):
        client = key_client("books:read", owner=self.user)
        assert client.get("/books/").json() == {"user": str(self.user.pk)}
        assert code_of(key_client("books:write").get("/books/")) == (403, "insufficient_scope")
        assert key_client("books:read").get("/books/").status_code == 200
        with pytest.raises(ValidationError):
            key_client("books:burn")

    @override_settings(AUTHKIT={"SCOPES": {"books:read": "Read"}})
    def test_a_key_ends(self):
        for end in ("expire_key", "revoke_key"):
            client = key_client("books:read", name=end)
            assert client.get("/books/").status_code == 200
            getattr(client, end)()
            assert code_of(client.get("/books/")) == (401, "api_key_invalid")

    @override_settings(AUTHKIT={"PASSWORD_RESET_URL": RESET, "EMAIL_VERIFICATION_URL": CONFIRM})
    def test_the_link_of_a_mail_resets_a_password(self):
        if not has_column("email"):
            return
        type(self.user).objects.filter(pk=self.user.pk).update(email="tester@example.com")
        with catch_mails() as mails:
            body = {"email": "tester@example.com"}
            APIClient().post(AUTH + "password/reset/", body, format="json")
        [mail] = mails
        assert mail.to == "tester@example.com"
        assert mail.link == RESET.format(uid=mail.uid, token=mail.token)
        body = {"uid": mail.uid, "token": mail.token, "new_password": "a new battery staple"}
        answer = APIClient().post(AUTH + "password/reset/confirm/", body, format="json")
        assert answer.status_code == 204

    @override_settings(AUTHKIT={"REGISTRATION": True, "EMAIL_VERIFICATION_URL": CONFIRM})
    def test_the_link_of_a_mail_completes_a_registration(self):
        if not has_column("email"):
            return
        body = {"email": "new@example.com", "password": PASSWORD}
        if get_user_model().USERNAME_FIELD != "email":
            body[get_user_model().USERNAME_FIELD] = "newcomer"
        with catch_mails() as mails:
            answer = APIClient().post(AUTH + "register/", body, format="json")
            assert answer.status_code == 202, answer.json()
        [mail] = mails
        assert mail.link == CONFIRM.format(token=mail.token)
        with pytest.raises(IndexError):
            _ = mail.uid
        opened = {"token": mail.token, "password": PASSWORD}
        answer = APIClient().post(AUTH + "email/verify/", opened, format="json")
        assert answer.status_code == 202
        assert get_user_model().objects.filter(email="new@example.com").exists()

    def test_a_mail_without_a_link_says_so(self):
        if not has_column("email"):
            return
        client = client_for(self.user)
        type(self.user).objects.filter(pk=self.user.pk).update(email="tester@example.com")
        body = {"current_password": PASSWORD, "new_password": "a new battery staple"}
        with catch_mails() as mails:
            assert client.post(AUTH + "password/change/", body, format="json").status_code == 204
        [mail] = mails
        assert mail.subject
        with pytest.raises(ValueError, match="no link"):
            _ = mail.link

    def test_nothing_that_is_shown_is_a_secret(self):
        app = authenticator_app(self.user)
        assert repr(app.secret) not in repr(app)
        assert app.recovery_codes[0] not in repr(app)
        assert Session.objects.count() == 0


@pytest.mark.skipif(ATOMIC_REQUESTS, reason="a refusal rolls the transaction of the test back")
class TestWithinATransaction(Cases, TestCase):
    pass


class TestWithoutOne(Cases, TransactionTestCase):
    pass
