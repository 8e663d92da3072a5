"""One function for each call of the endpoints of the second factor; all return the answer."""

from authkit.factors.totp import rfc6238 as totp

from tests.conftest import AUTH, PASSWORD, bearer


def post(client, path, body=None, access=None, **extra):
    headers = bearer(access) if access else {}
    return client.post(AUTH + path, body, format="json", **headers, **extra)


def state(client, access):
    return client.get(AUTH + "2fa/", **bearer(access))


def set_up(client, access, code=None):
    return post(client, "2fa/totp/setup/", code and {"code": code}, access)


def confirm(client, access, code):
    return post(client, "2fa/totp/verify/", {"code": code}, access)


def disable(client, access, code, password=PASSWORD):
    return post(client, "2fa/totp/disable/", {"password": password, "code": code}, access)


def new_recovery_codes(client, access, code):
    return post(client, "2fa/recovery-codes/", {"code": code}, access)


def reauthenticate(client, access, **body):
    return post(client, "reauthenticate/", body, access)


def log_in_with(client, user, otp, password=PASSWORD):
    body = {user.USERNAME_FIELD: user.get_username(), "password": password, "otp": otp}
    return post(client, "token/", body)


def challenge(client, user, password=PASSWORD):
    """Log in by password; return the challenge that stands in the answer."""
    answer = client.log_in(user, password)
    assert answer.status_code == 202, answer.content
    return answer.json()["challenge"]


def complete(client, challenge, code):
    return post(client, "token/second-factor/", {"challenge": challenge, "code": code})


class Comparisons:
    """Counts the codes that were compared with a secret."""

    def __init__(self, monkeypatch):
        self.count = 0
        self._original = totp.matching_step
        monkeypatch.setattr(totp, "matching_step", self._compare)

    def _compare(self, *args):
        self.count += 1
        return self._original(*args)
