"""What a project tests of itself, with each of the test cases of Django and REST framework.

A refusal must leave the transaction of a ``TestCase`` usable. Run by ``test_test_cases.py``.
"""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from authkit.models import SecurityEvent, Session
from django.contrib.auth import get_user_model
from django.test import LiveServerTestCase, TestCase, TransactionTestCase
from rest_framework.test import APILiveServerTestCase, APITestCase, APITransactionTestCase

from tests.conftest import AUTH, PASSWORD, username_for

#: Each refusal of a route without a credential: path, body, status.
REFUSALS = [
    ("token/", {}, 400),
    ("token/refresh/", {"refresh": "x"}, 401),
    ("token/verify/", {"token": "x"}, 401),
    ("token/second-factor/", {"challenge": "x", "code": "123456"}, 401),
    ("token/introspect/", {"token": "x"}, 401),
    ("reauthenticate/", {}, 401),
    ("password/change/", {}, 401),
    ("password/reset/", {}, 400),
    ("password/reset/confirm/", {"uid": "x", "token": "x", "new_password": PASSWORD}, 400),
    ("register/", {}, 404),
    ("api-keys/", {}, 401),
    ("2fa/totp/setup/", {}, 401),
    ("2fa/recovery-codes/", {}, 401),
]


class Refusals:
    """Refusals of ours, and after each a query of the test."""

    @property
    def url(self):
        return getattr(self, "live_server_url", "")

    def setUp(self):
        model = get_user_model()
        self.user = model.objects.create_user(
            **{model.USERNAME_FIELD: username_for("reader")}, password=PASSWORD
        )

    def ask(self, path, body=None, access=None):
        """Return status and body of a request with JSON."""
        headers = {} if access is None else {"Authorization": f"Bearer {access}"}
        return self.send(path, body, headers)

    def send(self, path, body, headers):
        if body is None:
            response = self.client.get(path, headers=headers)
        else:
            data, kind = json.dumps(body), "application/json"
            response = self.client.post(path, data, content_type=kind, headers=headers)
        return response.status_code, json.loads(response.content)

    def log_in(self, password=PASSWORD):
        name = self.user.USERNAME_FIELD
        body = {name: getattr(self.user, name), "password": password}
        return self.ask(AUTH + "token/", body)

    def assert_usable(self, *, sessions):
        assert Session.objects.count() == sessions
        self.user.refresh_from_db()
        assert self.user.check_password(PASSWORD)

    def test_a_refused_log_in(self):
        assert self.log_in("wrong")[0] == 401
        self.assert_usable(sessions=0)
        assert SecurityEvent.objects.filter(kind="login_failed").count() == 1
        assert self.log_in()[0] == 200
        self.assert_usable(sessions=1)

    def test_a_refused_bearer_on_a_view_of_the_project(self):
        assert self.ask("/users/", access="x")[0] == 401
        self.assert_usable(sessions=0)
        access = self.log_in()[1]["access"]
        assert self.ask("/users/", access=access) == (200, 1)

    def test_a_refusal_of_the_project_rolls_its_request_back(self):
        access = self.log_in()[1]["access"]
        assert self.ask("/users/", {}, access=access)[0] == 400
        self.assert_usable(sessions=1)

    def test_a_replay_ends_the_session_for_good(self):
        refresh = self.log_in()[1]["refresh"]
        second = self.ask(AUTH + "token/refresh/", {"refresh": refresh})[1]["refresh"]
        self.ask(AUTH + "token/refresh/", {"refresh": second})
        assert self.ask(AUTH + "token/refresh/", {"refresh": refresh})[0] == 401
        assert not Session.objects.get().is_live()

    def test_every_other_refusal(self):
        for path, body, status in REFUSALS:
            with self.subTest(path):
                assert self.ask(AUTH + path, body)[0] == status
                self.assert_usable(sessions=0)


class TestCaseOfDjango(Refusals, TestCase):
    pass


class TransactionTestCaseOfDjango(Refusals, TransactionTestCase):
    pass


class TestCaseOfREST(Refusals, APITestCase):
    pass


class TransactionTestCaseOfREST(Refusals, APITransactionTestCase):
    pass


class ByHTTP(Refusals):
    """The server of the test answers in a thread of its own."""

    def send(self, path, body, headers):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        try:
            response = urlopen(Request(self.url + path, data, headers))
        except HTTPError as refused:
            response = refused
        with response:
            return response.status, json.load(response)


class LiveServerOfDjango(ByHTTP, LiveServerTestCase):
    pass


class LiveServerOfREST(ByHTTP, APILiveServerTestCase):
    pass
