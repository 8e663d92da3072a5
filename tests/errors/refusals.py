"""What Django REST Framework refuses by itself: the call, the status, the code."""

from tests.conftest import AUTH

REFUSALS = {
    "credentials": (lambda client: client.get(AUTH + "sessions/"), 401, "not_authenticated"),
    "method": (lambda client: client.get(AUTH + "token/"), 405, "method_not_allowed"),
    "accept": (
        lambda client: client.post(AUTH + "token/", {}, HTTP_ACCEPT="text/html"),
        406,
        "not_acceptable",
    ),
    "content type": (
        lambda client: client.generic("POST", AUTH + "token/", b"{}", "text/plain"),
        415,
        "unsupported_media_type",
    ),
    "JSON": (
        lambda client: client.generic("POST", AUTH + "token/", b"{", "application/json"),
        400,
        "parse_error",
    ),
}
