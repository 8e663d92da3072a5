"""The demo in place of a phone and a mail server; and the audit as a page for staff."""

import json
import re
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest

from tests.example.running import demo, manage, serving

pytestmark = pytest.mark.slow

PAGES = ("/demo/authenticator/", "/demo/mailbox/")


class Demo:
    def __init__(self, lines):
        self.lines = lines
        [self.url] = re.findall(r"^  API +(http://\S+?)/api/v1/$", "\n".join(lines), re.MULTILINE)

    def get(self, path):
        with urlopen(self.url + path, timeout=60) as answer:
            return answer.read().decode(), answer.headers

    def post(self, path, body=None, access=None):
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {access}"} if access else {}
        sent = Request(f"{self.url}/api/v1/auth/{path}", json.dumps(body or {}).encode(), headers)
        with urlopen(sent, timeout=60) as answer:
            return json.loads(answer.read() or "{}")

    def login(self, name):
        [words] = [line.split()[1::2] for line in self.lines if line.startswith(f"  {name} ")]
        return dict(zip(["username", "password"], words, strict=True))


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with demo(tmp_path_factory.mktemp("demo"), "--port", "0") as (lines, _process):
        yield Demo(lines)


def test_a_newcomer_needs_neither_a_phone_nor_a_mail_server(running):
    for page in PAGES:
        html, headers = running.get(page)
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert headers["Cache-Control"] == "no-store"
        assert "<script" not in html
    access = running.post("token/", running.login("Reader"))["access"]
    running.post("2fa/totp/setup/", access=access)
    html, _ = running.get("/demo/authenticator/")
    assert "waits for its first code" in html
    [code] = re.findall(r"<code>(\d{6})</code>", html)
    assert len(running.post("2fa/totp/verify/", {"code": code}, access)["recovery_codes"]) == 10
    assert "turned on" in running.get("/demo/authenticator/")[0]

    new = {"username": "anna", "password": "correct horse battery staple"}
    running.post("register/", new | {"email": "anna@example.com"})
    html, _ = running.get("/demo/mailbox/")
    assert "To anna@example.com" in html
    assert re.search(r'<a href="https?://[^"]+#action=registration&amp;token=', html)


def test_without_debug_there_are_no_such_pages(tmp_path):
    started = ("demo", "--port", "0")
    with serving(tmp_path, *started, until="manage.py selftest", EXAMPLE_DEBUG="0") as (lines, _):
        for page in PAGES:
            with pytest.raises(HTTPError, match="404"):
                Demo(lines).get(page)


def test_staff_read_the_audit_in_the_admin(running):
    page = f"{running.url}/admin/audit/"
    browser = build_opener(HTTPCookieProcessor(cookies := CookieJar()))

    def log_in(name):
        cookies.clear()
        browser.open(page)
        [token] = [cookie.value for cookie in cookies if cookie.name == "csrftoken"]
        form = running.login(name) | {"next": "/admin/audit/", "csrfmiddlewaretoken": token}
        with browser.open(f"{running.url}/admin/login/", urlencode(form).encode()) as answer:
            return answer.read().decode()

    assert "Content-Security-Policy" not in log_in("Reader")
    report = log_in("Staff")
    assert report.startswith("<!doctype html>")
    assert "/api/v1/auth/cookie/token/refresh/" in report
    with browser.open(f"{running.url}/admin/") as answer:
        assert "OpenAPI security audit</a>" in answer.read().decode()


def test_from_another_machine_there_are_no_such_pages_either(tmp_path):
    asked = (
        "from django.http import Http404; from django.test import RequestFactory; "
        "from example_project.demo.development import mailbox\n"
        "for ip in ['192.0.2.1', '::ffff:192.0.2.1', '']:\n"
        "    try: mailbox(RequestFactory().get('/', REMOTE_ADDR=ip))\n"
        "    except Http404: print('none')"
    )
    run = manage(tmp_path, "shell", "-v", "0", "-c", asked)
    assert (run.returncode, run.stdout.split()) == (0, ["none"] * 3), run.stderr
