import logging
import shutil
import sys

import pytest
from authkit.models import APIKey
from django.contrib.auth import get_user_model

from tests.docs.pages import PAGES, ROOT, STARTS, Reader, resembles
from tests.docs.serving import waiting_for_requests_to_end
from tests.settings import USERS

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
needs_stock_users = pytest.mark.skipif(
    USERS != "stock", reason="the pages show the stock user model"
)


@pytest.fixture
def _modules_of_pages_go():
    """What was imported meanwhile stays: a second import would make its classes again."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__spec__", None) is None:
            del sys.modules[name]


@needs_curl
@needs_stock_users
@pytest.mark.usefixtures("_modules_of_pages_go")
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page not in STARTS],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_the_code_of_the_page_does_what_the_page_says(
    page, live_server, settings, tmp_path, caplog
):
    caplog.set_level(logging.CRITICAL, logger="django.request")
    ann = get_user_model().objects.create_user("ann", password="correct horse battery staple")
    _, key = APIKey.objects.create_key(name="nightly import", owner=ann)
    reader = Reader(
        settings=settings,
        address=live_server.url,
        folder=tmp_path,
        variables=[("API_KEY", key)],
    )
    with waiting_for_requests_to_end():
        reader.read(page)


@pytest.mark.parametrize(
    ("came", "shown"),
    [
        ({"a": "eyJhbGci"}, {"a": "eyJ..."}),
        ([{"a": 1}, "b"], [{"a": 1}, "b"]),
        ({"expires_in": 299}, {"expires_in": 300}),
    ],
    ids=str,
)
def test_if_output_is_as_shown_then_it_resembles(came, shown):
    assert resembles(came, shown)


@pytest.mark.parametrize(
    ("came", "shown"),
    [
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"expires_in": 298}, {"expires_in": 300}),
        ({"a": "other"}, {"a": "eyJ..."}),
        ([1], [1, 2]),
        ("1", 1),
        (True, 1),
        ([], {}),
        (1, "1..."),
    ],
    ids=str,
)
def test_if_output_differs_then_it_does_not_resemble(came, shown):
    assert not resembles(came, shown)
