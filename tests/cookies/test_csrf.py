"""Cross-site request forgery, of log-in and log-out, too: nothing is done, one line is written."""

import pytest
from authkit.models import Session

from tests.conftest import AUTH, PASSWORD
from tests.cookies.browsers import NAME, PATHS, Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_was_counted_before")]

REFUSED = {
    "detail": "The request must come from a page of this site or of CSRF_TRUSTED_ORIGINS, with "
    "the header X-Authkit: 1.",
    "code": "csrf_failed",
}
ENDPOINTS = pytest.mark.parametrize("path", PATHS)
HEADER = {"HTTP_X_AUTHKIT": "1"}

#: What requests of other sites, and of no site, look like.
ELSEWHERE = {
    "another site": {"HTTP_ORIGIN": "https://evil.example", "HTTP_SEC_FETCH_SITE": "cross-site"},
    "another site, older browser": {"HTTP_ORIGIN": "https://evil.example"},
    "a subdomain": {"HTTP_ORIGIN": "http://x.testserver", "HTTP_SEC_FETCH_SITE": "same-site"},
    "a subdomain, older browser": {"HTTP_ORIGIN": "http://x.testserver"},
    "another port": {"HTTP_ORIGIN": "http://testserver:8000", "HTTP_SEC_FETCH_SITE": "same-site"},
    "another scheme": {"HTTP_ORIGIN": "https://testserver", "HTTP_SEC_FETCH_SITE": "cross-site"},
    "a sandboxed frame": {"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "cross-site"},
    "a sandboxed frame, older browser": {"HTTP_ORIGIN": "null"},
    "no page": {"HTTP_SEC_FETCH_SITE": "none"},
    "no browser": {},
    "an empty origin": {"HTTP_ORIGIN": ""},
    "junk": {"HTTP_ORIGIN": "http://[", "HTTP_SEC_FETCH_SITE": "same-origin, cross-site"},
    "a path": {"HTTP_ORIGIN": "http://testserver/"},
    "two origins": {"HTTP_ORIGIN": "http://testserver http://evil.example"},
    "a prefix": {"HTTP_ORIGIN": "http://testserver.evil.example"},
    "a user": {"HTTP_ORIGIN": "http://testserver@evil.example"},
    "Referer alone": {"HTTP_REFERER": "http://testserver/"},
}


def send(browser, path, user, **headers):
    """Send what the endpoint would accept from a page of this site."""
    body = PATHS[path]
    if path == "cookie/token/":
        body = {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD}
    return browser.post(AUTH + path, body, **headers)


def assert_nothing_happened(response, browser, kept):
    assert (response.status_code, response.json()) == (403, REFUSED)
    assert response.cookies == {}
    assert not response.has_header("Clear-Site-Data")
    assert browser.refresh_token == kept
    assert Session.objects.live().count() == 1
    assert Session.objects.get().generation == 0


@pytest.fixture
def victim(browser, user):
    browser.log_in_with(user)
    return browser


@ENDPOINTS
@pytest.mark.parametrize("sender", ELSEWHERE)
def test_another_site_can_do_nothing(victim, user, path, sender, security_log):
    kept = victim.refresh_token
    response = send(victim, path, user, **HEADER, **ELSEWHERE[sender])
    assert_nothing_happened(response, victim, kept)
    (line,) = security_log("csrf_failed")
    assert line[0] == "WARNING"
    assert line[1] | {"reason": "origin", "count": 1, "ip": "127.0.0.1"} == line[1]
    assert "evil" not in str(line)


@ENDPOINTS
@pytest.mark.parametrize("value", [None, "", "0", "true", "1, 1"])
def test_without_the_header_nothing_is_done(victim, user, path, value, security_log):
    kept = victim.refresh_token
    headers = {} if value is None else {"HTTP_X_AUTHKIT": value}
    response = send(victim, path, user, HTTP_SEC_FETCH_SITE="same-origin", **headers)
    assert_nothing_happened(response, victim, kept)
    assert [line[1]["reason"] for line in security_log("csrf_failed")] == ["header"]


@ENDPOINTS
@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""],
)
def test_what_a_form_can_send_is_refused_also_without_a_body(
    victim, user, path, content_type, django_user_model
):
    kept = victim.refresh_token
    same = {"HTTP_SEC_FETCH_SITE": "same-origin", **HEADER}
    for body in (b"", b"{}", b"a=b"):
        response = victim.generic("POST", AUTH + path, body, content_type, **same)
        assert response.status_code == 415, response.content
        assert response.cookies == {}
    assert victim.refresh_token == kept
    assert Session.objects.live().count() == 1


@ENDPOINTS
def test_nothing_but_post_is_there(victim, path):
    for method in (victim.get, victim.put, victim.patch, victim.delete):
        response = method(AUTH + path, HTTP_SEC_FETCH_SITE="same-origin", **HEADER)
        assert response.status_code in (401, 405)
    assert Session.objects.live().count() == 1


ALLOWED = {
    "a page of this site": {
        "HTTP_SEC_FETCH_SITE": "same-origin",
        "HTTP_ORIGIN": "http://testserver",
    },
    "in an older browser": {"HTTP_ORIGIN": "http://testserver"},
    "behind a proxy that ends HTTPS": {
        "HTTP_SEC_FETCH_SITE": "same-origin",
        "HTTP_ORIGIN": "https://testserver",
    },
}
LISTED = {
    "https://app.example.com": "https://app.example.com",
    "https://a.b.example.org": "https://*.example.org",
    "http://localhost:5173": "http://localhost:5173",
}


@pytest.mark.parametrize("sender", ALLOWED)
def test_a_page_of_this_site_logs_in(browser, user, sender):
    response = send(browser, "cookie/token/", user, **HEADER, **ALLOWED[sender])
    assert response.status_code == 200
    assert browser.refresh_token


@pytest.mark.parametrize("origin", LISTED)
def test_a_page_of_a_listed_origin_logs_in(browser, user, settings, origin):
    settings.CSRF_TRUSTED_ORIGINS = [LISTED[origin]]
    headers = {"HTTP_ORIGIN": origin, "HTTP_SEC_FETCH_SITE": "same-site", **HEADER}
    assert send(browser, "cookie/token/", user, **headers).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://evil.app.example.com",
        "https://app.example.com.evil.example",
        "https://evilexample.org",
        "null",
    ],
)
def test_a_list_allows_no_more_than_it_says(browser, user, settings, origin):
    settings.CSRF_TRUSTED_ORIGINS = list(LISTED.values())
    headers = {"HTTP_ORIGIN": origin, "HTTP_SEC_FETCH_SITE": "same-site", **HEADER}
    response = send(browser, "cookie/token/", user, **headers)
    assert (response.status_code, response.json()) == (403, REFUSED)


def test_a_host_that_is_not_ours_is_no_site(browser, user, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.MIDDLEWARE = []
    headers = {"HTTP_HOST": "rebound.example", "HTTP_ORIGIN": "http://rebound.example", **HEADER}
    assert send(browser, "cookie/token/", user, **headers).status_code == 403


def test_a_refused_log_in_has_tried_no_password(browser, user, hasher_runs):
    body = {user.USERNAME_FIELD: user.get_username(), "password": "wrong"}
    for _ in range(15):
        assert browser.post(AUTH + "cookie/token/", body, **HEADER).status_code == 403
    assert hasher_runs == []
    assert browser.log_in_with(user).status_code == 200


def test_a_flood_writes_one_line(browser, user, security_log):
    for _ in range(20):
        send(browser, "cookie/token/", user)
    assert len(security_log("csrf_failed")) == 1


def test_forgery_against_a_cookie_that_was_planted_does_not_log_in(user):
    """Log-in CSRF with a cookie instead of a password: the attacker's, tossed from a subdomain."""
    attacker, victim = Browser(), Browser()
    attacker.log_in_with(user)
    victim.cookies["authkit"] = attacker.refresh_token
    assert NAME not in victim.cookies
    assert victim.refresh_cookie().status_code == 401
