"""The pages: logging in and out."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.people import (
    PASSWORD,
    loaded,
    log_in,
    press_enter,
    secret_in,
    set_up_factor,
    type_password,
)


@pytest.fixture
def with_factor(person, new_context):
    """A person who has turned the second factor on, in another browser."""
    page = new_context().new_page()
    log_in(page, person)
    set_up_factor(page, person)
    return person


def asked_for_code(page, person):
    page.goto("/account/log-in/")
    type_password(page, person)
    expect(page.get_by_role("textbox", name="Code from the app", exact=True)).to_be_focused()


def test_a_page_of_the_account_leads_to_the_log_in_and_back(page, person, screenshot):
    page.goto("/account/sessions/")
    page.wait_for_url("**/account/log-in/?next=%2Faccount%2Fsessions%2F")
    expect(page.get_by_label("Username")).to_be_focused()
    screenshot("log-in")
    type_password(page, person)
    page.wait_for_url("**/account/sessions/")
    expect(page.get_by_text("This device", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "other", ["//other.invalid/", "/\\\\other.invalid/", "javascript:alert(1)"]
)
def test_a_log_in_leads_to_no_other_site(page, person, other):
    page.goto(f"/account/log-in/?{urlencode({'next': other})}")
    type_password(page, person)
    page.wait_for_url("**/account/")
    expect(page.get_by_text(person.username)).to_be_visible()


def test_a_wrong_password_is_said_and_focused(page, person, screenshot):
    page.goto("/account/log-in/")
    type_password(page, person, "wrong")
    alert = page.get_by_role("alert")
    expect(alert).to_have_text("These credentials are not valid.")
    expect(alert).to_be_focused()
    screenshot("log-in-refused")


def test_an_empty_field_is_said_at_the_field_and_not_sent(page):
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto("/account/log-in/")
    page.get_by_role("button", name="Log in").click()
    name = page.get_by_label("Username")
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description("Fill in this field.")
    expect(name).to_have_attribute("aria-invalid", "true")
    assert not [url for url in sent if "/cookie/" in url]


def test_passwords_that_are_tried_out_are_refused_with_the_time_to_wait(page, person, screenshot):
    page.goto("/account/log-in/")
    for _ in range(10):
        type_password(page, person, "wrong")
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_label("Username").focus()
    type_password(page, person)
    said = "Too many failed attempts. Try again later. You can try again in 15 minutes."
    expect(page.get_by_role("alert")).to_have_text(said)
    screenshot("log-in-too-many")


def test_a_locked_account_is_told_that_waiting_does_not_help(page, person):
    page.route(
        "**/cookie/token/",
        lambda route: route.fulfill(
            status=423,
            headers={"Retry-After": "3600"},
            json={"detail": "This account is locked.", "code": "account_locked"},
        ),
    )
    page.goto("/account/log-in/")
    type_password(page, person)
    expect(page.get_by_role("alert")).to_contain_text("Waiting does not unlock it")


def test_log_in_with_a_code_of_the_app(page, with_factor, screenshot):
    asked_for_code(page, with_factor)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"Time left: [45]:\d\d"))
    screenshot("log-in-code")
    page.get_by_role("textbox", name="Code from the app", exact=True).fill(with_factor.phone.code())
    press_enter(page)
    page.wait_for_url("**/account/")
    expect(page.get_by_text(with_factor.username)).to_be_visible()


def test_log_in_with_a_recovery_code_which_works_once(page, with_factor, screenshot):
    code = with_factor.recovery_codes[0]
    asked_for_code(page, with_factor)
    page.get_by_role("button", name="Use a recovery code").click()
    expect(page.get_by_role("textbox", name="Recovery code")).to_be_focused()
    screenshot("log-in-recovery-code")
    page.get_by_role("textbox", name="Recovery code").fill(code.upper())
    press_enter(page)
    page.wait_for_url("**/account/")

    asked_for_code(page, with_factor)
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_role("textbox", name="Recovery code").fill(code)
    press_enter(page)
    refused = page.get_by_role("textbox", name="Recovery code")
    expect(refused).to_have_accessible_description(re.compile("The code is not valid."))
    expect(refused).to_be_focused()


def test_codes_that_are_tried_out_are_refused_with_the_time_to_wait(page, with_factor):
    wrong = with_factor.phone.wrong_code()
    field = page.get_by_role("textbox", name="Code from the app", exact=True)
    for _ in range(2):  # challenges, each of which takes five codes
        asked_for_code(page, with_factor)
        expect(page.locator("#authkit-tries")).to_be_empty()
        for left in (4, 3, 2, 1):
            field.fill(wrong)
            press_enter(page)
            expect(page.locator("#authkit-tries")).to_have_text(f"Tries left: {left}")
            expect(field).to_have_attribute("aria-invalid", "true")
        field.fill(wrong)
        press_enter(page)
        expect(page.get_by_role("alert")).to_contain_text("or after too many codes")
        expect(page.get_by_label("Password", exact=True)).to_have_value("")
    asked_for_code(page, with_factor)
    field.fill(with_factor.phone.code())
    press_enter(page)
    expect(page.get_by_role("alert")).to_contain_text("You can try again in 15 minutes.")


def test_a_challenge_that_has_expired_leads_back_to_the_password(page, with_factor):
    page.clock.install()
    asked_for_code(page, with_factor)
    page.clock.run_for(301_000)
    expect(page.get_by_role("alert")).to_contain_text("was not completed in time")
    expect(page.get_by_label("Password", exact=True)).to_have_value("")


def test_a_double_click_is_sent_once(page, person):
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto("/account/log-in/")
    page.get_by_label("Username").fill(person.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").dblclick()
    page.wait_for_url("**/account/")
    loaded(page)
    assert len([url for url in sent if url.endswith("/cookie/token/")]) == 1


def test_a_password_can_be_shown_and_is_hidden_when_it_is_sent(page, person):
    page.goto("/account/log-in/")
    field = page.get_by_label("Password", exact=True)
    field.fill("wrong")
    show = page.get_by_role("button", name="Show the password")
    show.click()
    expect(field).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Username").fill(person.username)
    press_enter(page)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(field).to_have_attribute("type", "password")


def test_after_a_log_out_back_shows_nothing(page, person, screenshot):
    log_in(page, person, "sessions/")
    page.goto("/account/")
    loaded(page)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/log-in/?reason=logged-out")
    expect(page.get_by_role("status")).to_have_text("You have logged out.")
    screenshot("logged-out")
    page.go_back()
    page.wait_for_url("**/account/log-in/**")
    expect(page.get_by_text("This device", exact=True)).to_have_count(0)


def test_a_log_out_ends_all_tabs(page, person):
    log_in(page, person)
    other = page.context.new_page()
    other.goto("/account/sessions/")
    loaded(other)
    page.goto("/account/log-out/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    other.wait_for_url("**/account/log-in/**")
    expect(other.get_by_label("Username")).to_be_visible()


def test_a_log_in_lets_the_tabs_in_that_wait_for_one(page, person):
    waiting = page.context.new_page()
    waiting.goto("/account/sessions/")
    waiting.wait_for_url("**/log-in/**")
    expect(waiting.get_by_role("button", name="Log in")).to_be_enabled()
    log_in(page, person)
    waiting.wait_for_url("**/account/sessions/")


def test_the_server_is_not_reached_and_then_it_is(page, person, watch):
    page.goto("/account/log-in/")
    page.route("**/cookie/token/", lambda route: route.abort())
    type_password(page, person)
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.unroute("**/cookie/token/")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/account/")
    watch.faults = [fault for fault in watch.faults if "net::ERR_FAILED" not in fault]


def test_without_scripts_the_log_in_says_what_it_needs_and_sends_nothing(new_context):
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/account/log-in/")
    # In the tree, and not visible: Chromium draws it where scripts are off by its own settings.
    expect(page.locator("noscript p")).to_contain_text("This page needs JavaScript.")
    expect(page.get_by_role("button", name="Log in")).to_be_disabled()


def test_the_picture_is_read_in_the_dark_and_on_a_small_screen(person, new_context, screenshot):
    small = {"width": 320, "height": 640}
    page = new_context(color_scheme="dark", viewport=small, device_scale_factor=2).new_page()
    log_in(page, person, "second-factor/")
    page.get_by_role("button", name="Turn on").click()
    secret = secret_in(page)
    assert page.locator("#authkit-secret").inner_text().split() == re.findall(".{4}", secret)
    screenshot("second-factor-scan-dark-320", page)
