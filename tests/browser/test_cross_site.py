"""CSRF in a real browser: pages of another site, and of another origin of the same site.

`localhost` is another site than `127.0.0.1`. Another port of `127.0.0.1` is another origin of the
same site, as a subdomain is that has been taken over: SameSite=Strict sends the cookie along.
"""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

#: What a script of an attacker can try: true if it could read an answer.
FETCH = """async ([url, init]) => {
  try { const answer = await fetch(url, init); return answer.type !== "opaque"; }
  catch { return false; }
}"""
JSON_HEADERS = {"Content-Type": "application/json", "X-Authkit": "1"}
ATTEMPTS = {
    "no-cors": {"mode": "no-cors", "body": "{}"},
    "no-cors, text": {"mode": "no-cors", "headers": {"Content-Type": "text/plain"}, "body": "{}"},
    # A script may set neither in this mode; the browser leaves them out without a word.
    "no-cors, with the headers": {"mode": "no-cors", "headers": JSON_HEADERS, "body": "{}"},
    "cors": {"mode": "cors", "headers": JSON_HEADERS, "body": "{}"},
    "cors, simple": {"mode": "cors", "headers": {"Content-Type": "text/plain"}, "body": "{}"},
    "kept alive": {"mode": "no-cors", "keepalive": True, "body": "{}"},
}
FORM = """<form id="f" method="post" action="{url}" enctype="{enctype}" target="hidden">
<input name='{{"a":"' value='"}}'></form><iframe name="hidden"></iframe>"""
BEACON = "url => navigator.sendBeacon(url, new Blob(['{}'], {type: 'text/plain'}))"
PATHS = ("cookie/token/refresh/", "cookie/token/revoke/")


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Elsewhere</title>")

    def log_message(self, *arguments):
        pass


@contextmanager
def served():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(params=["127.0.0.1", "localhost"], ids=["same site", "another site"])
def elsewhere(request):
    """The address of a page of an attacker."""
    with served() as port:
        yield f"http://{request.param}:{port}/"


@pytest.fixture
def browser(chromium, example):
    """A browser in which the reader is logged in, in the cookie form."""
    context = chromium.new_context()
    home = context.new_page()
    home.goto(f"{example.url}/demo/mailbox/")
    # The policy of that page allows no request of a script: this one is of the test.
    body = {"username": example.reader.username, "password": example.reader.password}
    headers = JSON_HEADERS | {"Origin": example.url}
    answer = context.request.post(
        f"{example.url}/api/v1/auth/cookie/token/", data=json.dumps(body), headers=headers
    )
    assert answer.status == 200
    yield context
    context.close()


def cookie(context):
    [found] = [one for one in context.cookies() if one["name"] == "authkit"]
    return found


def session_lives(context, example):
    answer = context.request.post(
        f"{example.url}/api/v1/auth/cookie/token/refresh/",
        data="{}",
        headers=JSON_HEADERS | {"Origin": example.url},
    )
    return answer.status == 200


def test_the_cookie_is_as_promised_in_a_browser(browser):
    found = cookie(browser)
    assert (found["httpOnly"], found["sameSite"], found["path"]) == (True, "Strict", "/")
    assert found["domain"] == "127.0.0.1"


@pytest.mark.parametrize("path", PATHS)
def test_a_script_of_another_origin_neither_refreshes_nor_logs_out(
    browser, example, elsewhere, path
):
    before = cookie(browser)["value"]
    page = browser.new_page()
    page.goto(elsewhere)
    url = f"{example.url}/api/v1/auth/{path}"
    for name, init in ATTEMPTS.items():
        options = {"method": "POST", "credentials": "include", **init}
        assert page.evaluate(FETCH, [url, options]) is False, name
    page.evaluate(BEACON, url)
    for enctype in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        page.set_content(FORM.format(url=url, enctype=enctype))
        with page.expect_response(url) as waited:
            page.evaluate("document.getElementById('f').submit()")
        # Of another site there is no cookie, which the refresh says first.
        assert waited.value.status in (401, 403)
    assert cookie(browser)["value"] == before
    assert session_lives(browser, example)


def test_a_script_of_another_origin_logs_nobody_in(chromium, example, elsewhere):
    """Login CSRF: what the victim enters would be in the account of the attacker."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(elsewhere)
    body = {"username": example.reader.username, "password": example.reader.password}
    url = f"{example.url}/api/v1/auth/cookie/token/"
    for name, init in ATTEMPTS.items():
        options = {"method": "POST", "credentials": "include", **init, "body": json.dumps(body)}
        assert page.evaluate(FETCH, [url, options]) is False, name
    assert [one for one in context.cookies() if one["name"] == "authkit"] == []
    context.close()


def test_no_page_of_another_origin_shows_ours_in_a_frame(browser, example, elsewhere):
    page = browser.new_page()
    page.goto(elsewhere)
    for path in ("/account/log-in/", "/chat/", "/demo/authenticator/", "/admin/login/"):
        page.set_content(f'<iframe src="{example.url}{path}"></iframe>')
        page.wait_for_load_state("networkidle")
        frame = page.frames[-1]
        assert frame.url.startswith("chrome-error:"), path
