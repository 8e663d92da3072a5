"""What users of the project do, from the first request to the last.

Run by ``test_test_cases.py``, with both formats of errors.
"""

import base64

import pyotp
from authkit.testing import AuthenticatorApp, authenticator_app, catch_mails
from django.contrib.auth import get_user_model
from django.test import LiveServerTestCase, TestCase, TransactionTestCase
from rest_framework.test import APILiveServerTestCase, APITestCase, APITransactionTestCase

from tests.conftest import PASSWORD
from tests.host.directory import DIRECTORY_PASSWORD, EMPLOYEE
from tests.host.project import AUTH, OverHTTP, Project, code_in

OTHER = "another correct horse"


class Journeys(Project):
    def call(self, status, path, body=None, access=None, method=None):
        """Return the answer; after it, the transaction of the test is usable."""
        came, answer = self.ask(AUTH + path, body, access, method)
        assert came == status, (path, came, answer)
        assert get_user_model().objects.exists()
        return answer

    def refused(self, status, code, path, body=None, access=None, method=None):
        assert code_in(self.call(status, path, body, access, method)) == code

    def pair(self, name="reader", password=PASSWORD, status=200):
        return self.call(status, "token/", {"username": name, "password": password})

    def wrong(self, name="reader", password=PASSWORD):
        body = {"username": name, "password": password}
        self.refused(401, "invalid_credentials", "token/", body)

    def reads(self, access):
        """Say whether a view of the project takes the token, or why not."""
        status, answer = self.ask("/users/", access=access)
        return True if status == 200 else (status, code_in(answer))

    def test_the_toolbar_watches(self):
        _, headers, _ = self.answer("/users/", {})
        assert headers["djdt-request-id"]

    def test_registration(self):
        body = {"username": "ann", "email": "ann@example.com", "password": PASSWORD}
        with catch_mails() as mails:
            assert self.call(202, "register/", body) == {}
        self.wrong("ann")
        [mail] = mails
        assert (mail.to, "[Riverside Yoga]" in mail.subject) == ("ann@example.com", True)
        assert mail.link == f"https://app.example.com/confirm#{mail.token}"
        self.call(202, "email/verify/", {"token": mail.token, "password": OTHER})
        self.refused(400, "link_invalid", "email/verify/", {"token": mail.token})
        for name in ("ann", "ann@example.com", "Ann@Example.com"):
            access = self.pair(name, OTHER)["access"]
            profile = self.call(200, "me/", access=access)
            assert (profile["username"], profile["email"]) == ("ann", "ann@example.com")
        self.wrong("ann")

    def test_a_second_factor(self):
        left, access = self.pair()["access"], self.pair()["access"]
        secret = self.call(201, "2fa/totp/setup/", {}, access)["secret"]
        app = AuthenticatorApp(self.user, base64.b32decode(secret), [])
        first = {"code": pyotp.TOTP(secret).now()}
        codes = self.call(200, "2fa/totp/verify/", first, access)["recovery_codes"]
        assert self.reads(access) is True
        assert self.reads(left) == (401, "session_ended")
        self.call(204, "token/revoke/", {"refresh": self.pair_with(app.code)["refresh"]})
        self.pair_with(lambda: codes[0])
        challenge = self.pair(status=202)["challenge"]
        for code in (app.wrong_code(), codes[0]):
            body = {"challenge": challenge, "code": code}
            self.refused(401, "invalid_code", "token/second-factor/", body)
        assert self.call(200, "2fa/", access=access)["recovery_codes_left"] == 9
        body = {"password": PASSWORD, "code": app.code()}
        self.call(204, "2fa/totp/disable/", body, access)
        assert self.reads(self.pair()["access"]) is True

    def pair_with(self, code):
        """Log in with a password, and what the second factor gives."""
        body = {"challenge": self.pair(status=202)["challenge"], "code": code()}
        pair = self.call(200, "token/second-factor/", body)
        assert self.reads(pair["access"]) is True
        assert self.ask("/payouts/", access=pair["access"])[0] == 200
        return pair

    def test_sessions(self):
        phone, laptop = self.pair("reader@example.com"), self.pair()
        phone = self.call(200, "token/refresh/", {"refresh": phone["refresh"]})
        sessions = self.call(200, "sessions/", access=laptop["access"])
        [other] = [session["id"] for session in sessions if not session["current"]]
        self.call(204, f"sessions/{other}/", None, laptop["access"], "DELETE")
        assert self.reads(phone["access"]) == (401, "session_ended")
        self.refused(401, "session_ended", "token/refresh/", {"refresh": phone["refresh"]})
        self.refused(404, "not_found", f"sessions/{other}/", None, laptop["access"], "DELETE")
        assert self.reads(laptop["access"]) is True
        newest = self.call(200, "events/", access=laptop["access"])["results"][0]
        assert (newest["kind"], newest["session"]) == ("session_ended", other)

    def test_an_api_key(self):
        access = self.pair()["access"]
        body = {"name": "my script", "scopes": ["books:read"]}
        made = self.call(201, "api-keys/", body, access)
        key, path = made["key"], f"api-keys/{made['id']}/"
        assert key.startswith("river_")
        headers = [{"X-API-Key": key}, {"Authorization": f"Bearer {key}"}]
        assert [self.answer("/books/", header)[0] for header in headers] == [200, 200]
        self.refused(401, "token_invalid", "sessions/", access=key)
        self.call(204, path, None, access, "DELETE")
        for header in headers:
            status, _, content = self.answer("/books/", header)
            assert (status, b"api_key_invalid" in content) == (401, True)
        self.refused(404, "not_found", path, None, access)

    def test_a_changed_password(self):
        here, elsewhere = self.pair()["access"], self.pair()["access"]
        body = {"current_password": OTHER, "new_password": OTHER}
        self.refused(401, "invalid_credentials", "password/change/", body, here)
        with catch_mails() as mails:
            body = {"current_password": PASSWORD, "new_password": OTHER}
            self.call(204, "password/change/", body, here)
        assert [mail.to for mail in mails] == ["reader@example.com"]
        assert self.reads(here) is True
        assert self.reads(elsewhere) == (401, "session_ended")
        self.wrong()
        self.pair(password=OTHER)

    def test_a_forgotten_password(self):
        access = self.pair()["access"]
        with catch_mails() as mails:
            self.call(202, "password/reset/", {"email": "reader@example.com"})
            self.call(202, "password/reset/", {"email": "unknown@example.com"})
        [mail] = mails
        assert mail.link == f"https://app.example.com/reset/{mail.uid}/{mail.token}/"
        body = {"uid": mail.uid, "token": mail.token, "new_password": OTHER}
        self.call(204, "password/reset/confirm/", body)
        self.refused(400, "link_invalid", "password/reset/confirm/", body)
        assert self.reads(access) == (401, "session_ended")
        self.wrong()
        self.pair("reader@example.com", OTHER)

    def test_a_changed_address_and_the_way_back(self):
        access = self.pair()["access"]
        with catch_mails() as mails:
            body = {"email": "new@example.com", "password": PASSWORD}
            self.call(202, "email/change/", body, access)
        links = {mail.to: mail.token for mail in mails}
        assert links.keys() == {"reader@example.com", "new@example.com"}
        with catch_mails() as mails:
            self.call(202, "email/verify/", {"token": links["new@example.com"]})
        self.wrong("reader@example.com")
        assert self.reads(self.pair("new@example.com")["access"]) is True
        [undo] = [mail.token for mail in mails if mail.to == "reader@example.com"]
        self.call(202, "email/verify/", {"token": undo})
        self.wrong("new@example.com")
        self.pair("reader@example.com")

    def test_an_account_deleted(self):
        self.make_user("other")
        app = authenticator_app(self.user)
        access = self.pair_with(app.code)["access"]
        proof = {"password": PASSWORD, "code": app.wrong_code()}
        self.refused(401, "invalid_code", "me/", proof, access, "DELETE")
        self.call(204, "me/", {**proof, "code": app.code()}, access, "DELETE")
        assert not get_user_model().objects.filter(pk=self.user.pk).exists()
        assert self.reads(access) == (401, "session_ended")
        self.wrong()

    def test_a_user_of_the_directory(self):
        self.make_user(EMPLOYEE, password=None)
        self.wrong("employee@example.com")
        for name in (EMPLOYEE, "employee@example.com"):
            access = self.pair(name, DIRECTORY_PASSWORD)["access"]
        with catch_mails() as mails:
            self.call(202, "password/reset/", {"email": "employee@example.com"})
        assert mails == []
        body = {"name": "my script"}
        key = self.call(201, "api-keys/", body, access)["id"]
        self.call(204, f"api-keys/{key}/", None, access, "DELETE")


class JourneysInATestCase(Journeys, TestCase):
    pass


class JourneysInATransactionTestCase(Journeys, TransactionTestCase):
    pass


class JourneysInATestCaseOfREST(Journeys, APITestCase):
    pass


class JourneysInATransactionTestCaseOfREST(Journeys, APITransactionTestCase):
    pass


class JourneysOverHTTP(OverHTTP, Journeys, LiveServerTestCase):
    pass


class JourneysOverHTTPOfREST(OverHTTP, Journeys, APILiveServerTestCase):
    pass
