"""What a project tests of itself, with each of the test cases of Django and REST framework.

A refusal must leave the transaction of a ``TestCase`` usable. Run by ``test_test_cases.py``.
"""

from authkit.models import SecurityEvent, Session
from django.contrib.auth import get_user_model
from django.test import LiveServerTestCase, TestCase, TransactionTestCase
from rest_framework.test import APILiveServerTestCase, APITestCase, APITransactionTestCase

from tests.conftest import PASSWORD, has_column
from tests.host.directory import DIRECTORY_PASSWORD, EMPLOYEE
from tests.host.project import AUTH, OverHTTP, Project

#: Each refusal of a route without a credential: path, body, status.
REFUSALS = [
    ("token/", {}, 400),
    ("token/refresh/", {"refresh": "x"}, 401),
    ("token/verify/", {"token": "x"}, 401),
    ("token/second-factor/", {"challenge": "x", "code": "123456"}, 401),
    ("token/introspect/", {"token": "x"}, 401),
    ("reauthenticate/", {}, 401),
    ("password/change/", {}, 401),
    ("password/set/", {}, 401),
    ("password/reset/", {}, 400),
    ("password/reset/confirm/", {"uid": "x", "token": "x", "new_password": PASSWORD}, 400),
    ("register/", {}, 400 if has_column("email") else 404),
    ("api-keys/", {}, 401),
    ("2fa/totp/setup/", {}, 401),
    ("2fa/recovery-codes/", {}, 401),
]


class Refusals(Project):
    """Refusals of ours, and after each a query of the test."""

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

    def test_other_errors_of_the_project_stay_as_they_are(self):
        access = self.log_in()[1]["access"]
        assert self.ask("/users/", {}, access) == (400, ["Invalid input."])
        assert self.ask("/lost/", access=access) == (404, {"detail": "Not found."})

    def test_a_replay_ends_the_session_for_good(self):
        refresh = self.log_in()[1]["refresh"]
        second = self.ask(AUTH + "token/refresh/", {"refresh": refresh})[1]["refresh"]
        self.ask(AUTH + "token/refresh/", {"refresh": second})
        assert self.ask(AUTH + "token/refresh/", {"refresh": refresh})[0] == 401
        assert not Session.objects.get().is_live()

    def test_a_user_of_the_directory_proves_the_password_everywhere(self):
        user = self.make_user(EMPLOYEE, password=None)
        assert self.log_in(PASSWORD, user)[0] == 401
        access = self.log_in(DIRECTORY_PASSWORD, user)[1]["access"]
        for password, status in [(PASSWORD, 401), (DIRECTORY_PASSWORD, 200)]:
            body = {"password": password}
            assert self.ask(AUTH + "reauthenticate/", body, access)[0] == status
        body = {"current_password": DIRECTORY_PASSWORD, "new_password": PASSWORD}
        status, answer = self.ask(AUTH + "password/change/", body, access)
        assert (status, answer["code"]) == (409, "password_managed_elsewhere")
        assert self.ask(AUTH + "password/set/", {}, access)[0] == 409
        assert self.ask(AUTH + "me/", {}, access, "DELETE")[0] == 400
        body = {"password": DIRECTORY_PASSWORD}
        assert self.ask(AUTH + "me/", body, access, "DELETE") == (204, None)
        assert not get_user_model().objects.filter(pk=user.pk).exists()

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


class LiveServerOfDjango(OverHTTP, Refusals, LiveServerTestCase):
    pass


class LiveServerOfREST(OverHTTP, Refusals, APILiveServerTestCase):
    pass
