"""Where a log-in leads: only to pages of this host (open redirect)."""

from urllib.parse import urlencode

import pytest
from django.test import Client

OVERVIEW = "/account/"


def next_in(answer):
    metas = answer.elements.named("meta")
    (found,) = [each["content"] for _, each, _ in metas if each.get("name") == "authkit-next-url"]
    return found


def led_to(browse, query):
    return next_in(browse(f"/account/log-in/?{query}"))


@pytest.mark.parametrize(
    "given", ["/account/sessions/", "/books/?page=2", "/bücher/", "http://testserver/books/"]
)
def test_a_page_of_this_host_is_led_to(browse, given):
    assert led_to(browse, urlencode({"next": given})) == given


@pytest.mark.parametrize(
    "given",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "////evil.example",
        "/\\evil.example/",
        "\\\\evil.example/",
        "http:evil.example",
        "http:///evil.example",
        "https://testserver@evil.example/",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java%0Ascript:alert(1)",
        "%01javascript:alert(1)",
        "data:text/html,x",
        "ftp://testserver/",
        "%20//evil.example",
        "%09//evil.example",
        "",
    ],
)
def test_any_other_address_leads_to_the_overview(browse, given):
    assert led_to(browse, f"next={given}") == OVERVIEW


def test_over_https_it_leads_to_no_page_over_http():
    given = {"next": "http://testserver/books/"}
    answer = Client().get("/account/log-in/", given, secure=True)
    assert "http://testserver" not in answer.content.decode()


def test_without_an_address_it_leads_to_the_overview(browse):
    assert led_to(browse, "") == OVERVIEW


def test_of_several_addresses_the_one_that_was_checked_is_used(browse):
    given = "next=/books/&next=https://evil.example/"
    assert led_to(browse, given) == OVERVIEW


def test_without_an_overview_it_leads_where_the_project_says(browse, settings):
    settings.ROOT_URLCONF = "tests.pages.log_in_alone"
    settings.LOGIN_REDIRECT_URL = "/shop/"
    assert next_in(browse("/log-in/")) == "/shop/"
