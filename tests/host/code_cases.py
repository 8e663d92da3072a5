"""What a client of the project reads: a code on every refusal of the project's own views, and CORS.

Run by ``test_test_cases.py``, with both formats of errors.
"""

import json
from functools import cache

import jsonschema
from authkit.testing import client_for, key_client
from django.test import LiveServerTestCase, TestCase, override_settings
from drf_spectacular.generators import SchemaGenerator

from tests.host.project import AUTH, OverHTTP, Project, code_in

APP = "https://app.example.com"
EXPOSED = {"retry-after", "www-authenticate"}


@cache
def described():
    """Return the document, as JSON Schema has it."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    nullable = '"type": "string", "nullable": true'
    return json.loads(json.dumps(document).replace(nullable, '"type": ["string", "null"]'))


class Codes(Project):
    def setUp(self):
        super().setUp()
        self.session = client_for(self.user)

    def code(self, path, access=None, key=None, **more):
        """Return status and code of a refusal."""
        headers = {} if access is None else {"Authorization": f"Bearer {access}"}
        headers |= {} if key is None else {"X-API-Key": key}
        status, _, content = self.answer(path, headers, **more)
        body = json.loads(content)
        self.assert_as_described(path, status, body)
        return status, code_in(body)

    def assert_as_described(self, path, status, body):
        """A refusal has the shape that the document gives it, in which no list lacks its code."""
        document = described()
        answers = document["paths"][path.partition("?")[0]]["get"]["responses"]
        assert "401" in answers or path == "/news/"
        if status != 400 and str(status) in answers:
            [content] = answers[str(status)]["content"].values()
            jsonschema.validate(body, {**content["schema"], "components": document["components"]})

    def test_refresh_and_log_in_are_told_apart(self):
        assert self.code("/users/") == (401, "not_authenticated")
        assert self.code("/users/", "malformed") == (401, "token_invalid")
        self.session.expire_access_token()
        assert self.code("/users/", self.session.access) == (401, "token_expired")
        self.session.rotate()
        assert self.ask("/users/", access=self.session.access) == (200, 1)
        self.session.end_session()
        assert self.code("/users/", self.session.access) == (401, "session_ended")

    def test_step_up(self):
        status, headers, content = self.answer(
            "/payouts/", {"Authorization": f"Bearer {self.session.access}"}
        )
        assert (status, code_in(json.loads(content))) == (401, "step_up_required")
        assert 'error="insufficient_user_authentication"' in headers["WWW-Authenticate"]

    def test_a_second_factor_that_is_owed(self):
        with override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"}):
            access = client_for(self.user).access
            assert self.code("/users/", access) == (403, "second_factor_enrolment_required")

    def test_keys(self):
        reads, other = key_client("books:read").key, key_client().key
        assert self.code("/books/", key=other) == (403, "insufficient_scope")
        assert self.code("/books/", other) == (403, "insufficient_scope")
        for headers in (
            {"Authorization": f"Bearer {reads}"},
            {"X-API-Key": reads},
            {"Authorization": f"Bearer {self.session.access}"},
        ):
            assert self.answer("/books/", headers)[0] == 200
        assert self.code("/books/", key="malformed") == (401, "api_key_invalid")
        assert self.code("/books/", "river_malformed") == (401, "api_key_invalid")
        both = self.code("/books/", self.session.access, reads)
        assert both == self.code("/books/", reads, reads) == (400, "multiple_credentials")

    def test_rates(self):
        key = key_client("books:read", rate="1/day").key
        assert self.answer("/books/", {"X-API-Key": key})[0] == 200
        assert self.code("/books/", key=key) == (429, "api_key_rate_exceeded")
        assert self.answer("/news/", {})[0] == 200
        assert self.code("/news/") == (429, "throttled")

    def test_permissions_of_the_project(self):
        assert self.code("/invoices/", self.session.access) == (403, "not_yours")
        assert self.code("/reports/", self.session.access) == (403, "permission_denied")

    def test_a_credential_in_the_url(self):
        path = f"/users/?token={self.session.access}"
        assert self.code(path) == (400, "credential_in_url")

    def test_a_browser_may_send_keys_and_tokens_from_another_origin(self):
        status, headers, _ = self.answer(
            "/books/",
            {
                "Origin": APP,
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization,x-api-key",
            },
            method="OPTIONS",
        )
        assert (status, headers["access-control-allow-origin"]) == (200, APP)
        allowed = headers["access-control-allow-headers"].split(", ")
        assert {"authorization", "x-api-key", "content-type"} <= set(allowed)

    def test_a_browser_can_read_why_and_when_to_come_back(self):
        self.answer("/news/", {})
        for path, status, read in [
            ("/users/", 401, "WWW-Authenticate"),
            ("/news/", 429, "Retry-After"),
            (AUTH + "sessions/", 401, "WWW-Authenticate"),
        ]:
            came, headers, _ = self.answer(path, {"Origin": APP})
            assert (came, headers["access-control-allow-origin"]) == (status, APP)
            exposed = headers["access-control-expose-headers"].lower().split(", ")
            assert set(exposed) == EXPOSED
            assert headers[read]

    def test_another_origin_gets_nothing(self):
        _, headers, _ = self.answer("/users/", {"Origin": "https://evil.example.com"})
        assert "access-control-allow-origin" not in {name.lower() for name in headers}


class CodesInATestCase(Codes, TestCase):
    pass


class CodesOverHTTP(OverHTTP, Codes, LiveServerTestCase):
    pass
