import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.example import running
from tests.browser.people import log_in, make
from tests.browser.watch import Watch
from tests.contract.example import Login

PASSWORD = "correct horse battery staple"
MISSING = "tests/browser needs Chromium: apt-get install chromium"
#: On a machine that is busy; what is there already is not waited for.
MILLISECONDS = 30_000


@pytest.fixture(scope="session")
def chromium():
    """The browser of the machine, without a window."""
    program = shutil.which("chromium")
    if program is None:
        pytest.exit(MISSING, returncode=1)
    expect.set_options(timeout=MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """The example project, served by a process of its own for all tests of this one."""
    with running(tmp_path_factory.mktemp("example")) as started:
        yield started


@pytest.fixture
def make_login(example):
    """A function that makes a user of any name, which Django checks in forms alone.

    It returns the log-in, and what more code prints that has the user as `user`.
    """

    def make(name, more=""):
        code = (
            "from django.contrib.auth import get_user_model\n"
            f"user = get_user_model().objects.create_user({name!r}, password={PASSWORD!r})"
        )
        printed = example.run(f"{code}\n{more}")
        return Login(name, PASSWORD), printed.strip()

    return make


@pytest.fixture
def watch(example):
    """What was wrong in the pages so far; the test fails if anything is left in `watch.faults`."""
    watch = Watch(example.url)
    yield watch
    assert watch.faults == []


@pytest.fixture
def new_context(chromium, example, watch):
    """A function that opens a context, which is a browser with cookies and storage of its own.

    Its arguments are those of Playwright's `Browser.new_context`.
    """
    contexts = []

    def new(**options):
        options = {
            "base_url": example.url,
            "reduced_motion": "reduce",
            "locale": "en-GB",
            **options,
        }
        context = chromium.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(MILLISECONDS)
        watch.over(context)
        return context

    yield new
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context):
    """A page in a context of its own."""
    return new_context().new_page()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory):
    """The folder of the screenshots; AUTHKIT_BROWSER_SCREENSHOTS names one that is kept."""
    folder = os.environ.get("AUTHKIT_BROWSER_SCREENSHOTS")
    path = Path(folder) if folder else tmp_path_factory.mktemp("screenshots")
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def screenshot(screenshots, request):
    """A function that keeps the whole of a page, `page` unless given, under a name."""

    def keep(name, page=None):
        page = page or request.getfixturevalue("page")
        page.screenshot(path=screenshots / f"{name}.png", full_page=True, animations="disabled")

    return keep


@pytest.fixture(scope="session")
def people(example):
    """Users of the example, each of whom one test takes."""
    return iter(make(example, [f"person{number}" for number in range(1, 301)]))


@pytest.fixture
def person(people):
    """A user of the example, without a second factor."""
    return next(people)


@pytest.fixture
def logged_in(page, person):
    """A page whose session is that of ``person``."""
    log_in(page, person)
    return page
