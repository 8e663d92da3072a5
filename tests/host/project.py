"""Requests to the project, by the client of a test or over HTTP."""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache

from tests.conftest import PASSWORD, has_column, username_for

#: Where this project has the endpoints.
AUTH = "/rest/identity/"


def always(request):
    """Show the toolbar: debug-toolbar asks for each request."""
    return True


def code_in(answer):
    """Return the code of a refusal, which is in the format of the project and nothing more."""
    if settings.REST_FRAMEWORK["EXCEPTION_HANDLER"].startswith("drf_standardized_errors."):
        assert answer.keys() == {"type", "errors"}, answer
        [error] = answer["errors"]
        assert error.keys() == {"code", "detail", "attr"}, answer
        return error["code"]
    assert answer.keys() == {"detail", "code"}, answer
    return answer["code"]


class Project:
    """A user of the project, and what a test asks it."""

    @property
    def url(self):
        return getattr(self, "live_server_url", "")

    def setUp(self):
        cache.clear()  # rates are counted there
        self.user = self.make_user("reader")

    def make_user(self, name, **fields):
        model = get_user_model()
        fields = {"password": PASSWORD, **fields, model.USERNAME_FIELD: username_for(name)}
        if has_column("email"):
            fields["email"] = f"{name}@example.com"
        return model.objects.create_user(**fields)

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
