"""Requests to the project, by the client of a test or over HTTP."""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from django.contrib.auth import get_user_model

from tests.conftest import AUTH, PASSWORD, username_for


class Project:
    """A user of the project, and what a test asks it."""

    @property
    def url(self):
        return getattr(self, "live_server_url", "")

    def setUp(self):
        model = get_user_model()
        self.user = model.objects.create_user(
            **{model.USERNAME_FIELD: username_for("reader")}, password=PASSWORD
        )

    def ask(self, path, body=None, access=None, method=None):
        """Return status and body of a request with JSON."""
        headers = {} if access is None else {"Authorization": f"Bearer {access}"}
        status, _, content = self.answer(path, headers, body, method)
        return status, json.loads(content or "null")

    def answer(self, path, headers, body=None, method=None):
        """Return status, headers and content."""
        method = method or ("GET" if body is None else "POST")
        data = b"" if body is None else json.dumps(body).encode()
        response = self.client.generic(method, path, data, "application/json", headers=headers)
        return response.status_code, response.headers, response.content

    def log_in(self, password=PASSWORD, user=None):
        user = user or self.user
        body = {user.USERNAME_FIELD: user.get_username(), "password": password}
        return self.ask(AUTH + "token/", body)


class OverHTTP:
    """The server of the test answers in a thread of its own."""

    def answer(self, path, headers, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        try:
            response = urlopen(Request(self.url + path, data, headers, method=method))
        except HTTPError as refused:
            response = refused
        with response:
            return response.status, response.headers, response.read()
