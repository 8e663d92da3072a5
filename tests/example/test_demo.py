import json
import re
import shutil
import subprocess
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest

from tests.example.running import demo, manage, stop

pytestmark = pytest.mark.slow

needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """What a demo has printed that runs while the tests of this module read and log in."""
    with demo(tmp_path_factory.mktemp("demo"), "--port", "0") as (lines, _process):
        yield lines


@pytest.fixture(scope="module")
def port(lines):
    [port] = {re.search(r":(\d+)/", line)[1] for line in lines if line.startswith("  Admin ")}
    return port


@pytest.fixture(scope="module")
def lines_of_second(port, tmp_path_factory):
    """What a second demo has printed, which was told to use the port of the first."""
    with demo(tmp_path_factory.mktemp("second"), "--port", port) as (lines, _process):
        yield lines


def paste(lines):
    """Run the curl lines as a shell does, and return what each prints."""
    return [
        subprocess.run(line, shell=True, capture_output=True, check=True, timeout=60).stdout
        for line in lines
        if line.startswith("curl ")
    ]


@needs_curl
def test_the_printed_curl_lines_work_also_while_a_second_demo_runs(lines, lines_of_second):
    for printed in (lines, lines_of_second):
        *bodies, stream = paste(printed)
        pair, books, tasks = map(json.loads, bodies)
        assert pair["token_type"] == "Bearer"
        assert books["count"] == 6
        assert tasks["count"] == 3
        assert stream.startswith(b"event: message\ndata: {")
        assert stream.count(b"event: done\n") == 1


def test_every_address_that_is_printed_answers(lines):
    found = re.findall(r"^  [A-Z].*?(http://\S+)$", "\n".join(lines), re.MULTILINE)
    assert len(found) >= 4
    for address in found:
        with urlopen(address, timeout=60) as answer:
            assert answer.status == 200


def test_the_report_of_the_schema_audit_is_where_the_demo_says(lines):
    [url] = re.findall(r"Schema audit +(file://\S+)", "\n".join(lines))
    report = Path(urlsplit(url).path).read_text(encoding="utf-8")
    assert report.startswith("<!doctype html>")
    assert "/api/v1/auth/token/" in report


def test_the_admin_of_the_demo_shows_the_accounts(lines):
    url = next(line.split()[1] for line in lines if line.startswith("  Admin "))
    browser = build_opener(HTTPCookieProcessor(cookies := CookieJar()))
    browser.open(url)
    [token] = [cookie.value for cookie in cookies if cookie.name == "csrftoken"]
    [staff] = [line.split()[1::2] for line in lines if line.startswith("  Staff ")]
    form = dict(zip(["username", "password"], staff, strict=True)) | {"next": "/admin/auth/user/"}
    body = urlencode(form | {"csrfmiddlewaretoken": token}).encode()
    page = browser.open(f"{url}login/", body).read().decode()
    for column in ("second_factor", "locked", "live_sessions", "api_keys"):
        assert f"column-{column}" in page
    assert "End all sessions" in page
    assert page.count(">API keys</a>") == 1


def test_ctrl_c_stops_it_without_a_traceback(tmp_path):
    with demo(tmp_path, "--port", "0") as (_lines, process):
        code, printed, errors = stop(process)
    assert (code, printed, errors) == (0, "\nStopped.\n", "")


def test_if_the_port_is_taken_then_another_one_is_used_and_named(port, lines_of_second):
    text = "\n".join(lines_of_second)
    assert f"Port {port} is taken; using " in text
    assert f"http://127.0.0.1:{port}/" not in text


def test_a_demo_starts_also_where_users_have_made_rows_of_the_same_names(tmp_path):
    double = (
        "from django.contrib.auth import get_user_model as model; "
        "from example_project.chat.models import ChatSession as Chat; "
        "from example_project.demo import seed; "
        "from example_project.tasks.models import Project; "
        "seed.plant(); reader = model().objects.get(username='reader'); "
        "Project.objects.create(owner=reader, name='Library'); "
        "Chat.objects.create(owner=reader, title=seed.CHAT); "
        "seed.plant()"
    )
    assert manage(tmp_path, "migrate", "-v", "0").returncode == 0
    run = manage(tmp_path, "shell", "-c", double)
    assert run.returncode == 0, run.stderr
