"""A page of the site, whose browser keeps the refresh token in a cookie."""

from __future__ import annotations

from tests.conftest import AUTH, PASSWORD, Client

NAME = "__Host-authkit"
SAME_ORIGIN = {"HTTP_X_AUTHKIT": "1", "HTTP_SEC_FETCH_SITE": "same-origin"}

#: Every endpoint of the cookie form, with a body that it reads.
PATHS = {
    "cookie/token/": {"username": "anna", "password": "wrong"},
    "cookie/token/second-factor/": {"challenge": "junk", "code": "123456"},
    "cookie/token/refresh/": {},
    "cookie/token/revoke/": {},
}


class Browser(Client):
    """Sends what ``fetch()`` of a page of this site sends; ``headers`` replace what that is."""

    def send(self, path, body=None, **headers):
        response = self.post(AUTH + path, body or {}, **{**SAME_ORIGIN, **headers})
        for name, written in response.cookies.items():
            if written["max-age"] == 0:  # a browser deletes it; the client of Django sends ""
                del self.cookies[name]
        return response

    def log_in_with(self, user, password=PASSWORD, **body):
        names = {user.USERNAME_FIELD: user.get_username(), "password": password}
        return self.send("cookie/token/", {**names, **body})

    def refresh_cookie(self, **headers):
        return self.send("cookie/token/refresh/", **headers)

    @property
    def refresh_token(self):
        """What the browser keeps, None without one."""
        return self.cookies[NAME].value if NAME in self.cookies else None
