"""A browser without a screen: it keeps cookies, follows redirects and sends forms."""

from __future__ import annotations

import re
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

from example_project.selftest.client import TIMEOUT_SECONDS, Answer

HIDDEN_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    def __init__(self, client):
        self.origin = client.origin
        self.opener = build_opener(ProxyHandler({}), HTTPCookieProcessor())

    def get(self, path):
        return self._open(path)

    def submit(self, path, **fields):
        """Load the page, fill its form in and send it."""
        page = self.get(path).expect(200).body.decode()
        fields["csrfmiddlewaretoken"] = HIDDEN_TOKEN.search(page)[1]
        return self._open(path, urlencode(fields).encode())

    def _open(self, path, data=None):
        name = f"{'GET' if data is None else 'POST'} {path}"
        try:
            response = self.opener.open(self.origin + path, data, TIMEOUT_SECONDS)
        except HTTPError as error:
            response = error
        with response:
            return Answer(name, response.status, response.headers, response.read())
