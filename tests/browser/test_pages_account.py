"""The pages: second factor, password and sessions of an account."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import (
    PASSWORD,
    loaded,
    log_in,
    make,
    press_enter,
    set_up_factor,
    type_password,
)

HOSTILE = "<img src=/x onerror=alert(1)>'\"&amp;{{ 7*7 }}"


# --- second factor --------------------------------------------------------------------------


def test_a_secret_can_be_copied_and_is_gone_when_the_set_up_is_given_up(
    logged_in, person, screenshot
):
    page = logged_in
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/account/second-factor/")
    page.get_by_role("button", name="Turn on").click()
    link = page.get_by_role("link", name="Open the app on this device")
    expect(link).to_have_attribute("href", re.compile("^otpauth://totp/"))
    screenshot("second-factor-scan")
    secret = page.locator("#authkit-secret").inner_text()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == re.sub(r"\s", "", secret)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="The second factor is off")).to_be_focused()
    assert secret not in page.content()

    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Scan this picture")).to_be_focused()
    assert page.locator("#authkit-secret").inner_text() != secret


def test_codes_can_be_copied_and_downloaded_and_are_gone_afterwards(logged_in, person, screenshot):
    page = logged_in
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    set_up_factor(page, person)
    screenshot("second-factor-on")
    assert not [code for code in person.recovery_codes if code in page.content()]

    page.get_by_role("button", name="New recovery codes").click()
    dialog = page.get_by_role("dialog", name="New recovery codes")
    dialog.get_by_label("Code").fill(person.phone.wrong_code())
    press_enter(page)
    field = dialog.get_by_label("Code")
    expect(field).to_have_accessible_description(re.compile("The code is not valid."))
    screenshot("second-factor-renew-refused")
    field.fill(person.phone.code())
    press_enter(page)
    heading = page.get_by_role("heading", name="Keep your recovery codes")
    expect(heading).to_be_focused()
    screenshot("second-factor-codes")
    expect(page.get_by_text("Step 3 of 3")).to_be_hidden()
    codes = page.get_by_role("listitem").filter(has=page.locator("code")).all_inner_texts()
    assert len(codes) == 10
    assert not set(codes) & set(person.recovery_codes)
    expect(page.get_by_role("button", name="Done")).to_be_disabled()

    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "recovery-codes.txt"
    text = download.value.path().read_text()
    assert (
        text
        == copied
        == f"Recovery codes of The library. Each works once.\n\n{chr(10).join(codes)}\n"
    )

    page.get_by_label("I have stored these codes").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Recovery codes left: 10")).to_be_visible()
    assert not [code for code in codes if code in page.content()]


def test_the_page_is_not_left_by_accident_while_the_codes_are_shown(logged_in, person):
    page = logged_in
    set_up_factor(page, person)
    page.get_by_role("button", name="New recovery codes").click()
    dialog = page.get_by_role("dialog", name="New recovery codes")
    dialog.get_by_label("Code").fill(person.phone.code())
    press_enter(page)
    expect(page.get_by_label("I have stored these codes")).to_be_visible()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Password").click()
    expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
    assert asked == ["beforeunload"]
    page.get_by_label("I have stored these codes").check()
    page.get_by_role("link", name="Password").click()
    page.wait_for_url("**/account/password/")


def test_codes_stay_on_the_screen_when_another_tab_logs_out(logged_in, person):
    page = logged_in
    other = page.context.new_page()
    set_up_factor(page, person)
    page.get_by_role("button", name="New recovery codes").click()
    dialog = page.get_by_role("dialog", name="New recovery codes")
    dialog.get_by_label("Code").fill(person.phone.code())
    press_enter(page)
    expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
    other.goto("/account/log-out/")
    other.get_by_role("main").get_by_role("button", name="Log out").click()
    other.wait_for_url("**/log-in/**")
    expect(page.get_by_role("listitem").filter(has=page.locator("code"))).to_have_count(10)
    page.get_by_label("I have stored these codes").check()
    page.get_by_role("button", name="Done").click()
    page.wait_for_url("**/log-in/**")


def test_a_reload_during_the_set_up_begins_again(logged_in):
    page = logged_in
    page.goto("/account/second-factor/")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="The second factor is off")).to_be_visible()
    expect(page.get_by_role("img", name="QR code")).to_be_hidden()


def test_a_wrong_first_code_is_said_at_the_field(logged_in, person, screenshot):
    page = logged_in
    page.goto("/account/second-factor/")
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("button", name="Continue").click()
    field = page.get_by_role("textbox", name="Code from the app", exact=True)
    expect(field).to_be_focused()
    field.fill("000000")
    press_enter(page)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    screenshot("second-factor-confirm-refused")


def test_turning_it_off_asks_for_the_password_and_a_code(logged_in, person, screenshot):
    page = logged_in
    set_up_factor(page, person)
    page.get_by_role("button", name="Turn off").click()
    dialog = page.get_by_role("dialog", name="Turn the second factor off")
    screenshot("second-factor-turn-off")
    dialog.get_by_label("Password", exact=True).fill("wrong")
    dialog.get_by_label("Code").fill(person.recovery_codes[0])
    press_enter(page)
    password = dialog.get_by_label("Password", exact=True)
    expect(password).to_have_accessible_description(re.compile("This password is not right."))
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Turn off")).to_be_focused()
    expect(page.get_by_role("heading", name="The second factor is on")).to_be_visible()

    page.get_by_role("button", name="Turn off").click()
    expect(password).to_have_value("")
    password.fill(PASSWORD)
    dialog.get_by_label("Code").fill(person.recovery_codes[0])
    press_enter(page)
    expect(page.get_by_role("heading", name="The second factor is off")).to_be_focused()


def test_after_a_while_the_page_asks_who_it_is_and_repeats_the_request(
    logged_in, person, example, screenshot
):
    page = logged_in
    example.run(
        f"""
from datetime import timedelta
from authkit.models import Session
from django.db.models import F
Session.objects.filter(user__username={person.username!r}).update(
    authenticated_at=F("authenticated_at") - timedelta(minutes=6)
)
"""
    )
    page.goto("/account/second-factor/")
    page.get_by_role("button", name="Turn on").click()
    dialog = page.get_by_role("dialog", name="Confirm that it is you")
    expect(dialog.get_by_label("Password", exact=True)).to_be_focused()
    expect(dialog.get_by_label("Code")).to_be_hidden()
    screenshot("step-up")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="The second factor is off")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)

    page.get_by_role("button", name="Turn on").click()
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    press_enter(page)
    expect(page.get_by_role("img", name="QR code")).to_be_visible()


# --- password -------------------------------------------------------------------------------


def test_a_new_password_ends_the_other_sessions_and_opens_the_account(
    logged_in, person, new_context, screenshot
):
    page, elsewhere = logged_in, new_context().new_page()
    log_in(elsewhere, person)
    page.goto("/account/password/")
    loaded(page)
    screenshot("password")
    current = page.get_by_label("Current password", exact=True)
    new = page.get_by_label("New password", exact=True)
    current.fill("wrong")
    new.fill("eight swans on the lake")
    press_enter(page)
    expect(current).to_be_focused()
    expect(current).to_have_accessible_description(re.compile("This password is not right."))

    current.fill(PASSWORD)
    new.fill("short")
    press_enter(page)
    expect(new).to_be_focused()
    expect(new).to_have_accessible_description(re.compile("too short"))
    screenshot("password-refused")

    new.fill("eight swans on the lake")
    press_enter(page)
    expect(page.get_by_role("status")).to_contain_text("Your password has been changed")
    expect(new).to_have_value("")

    elsewhere.reload()
    elsewhere.wait_for_url("**/log-in/**")
    expect(elsewhere.get_by_role("status")).to_have_text("Your session has ended. Log in again.")
    type_password(elsewhere, person, "eight swans on the lake")
    elsewhere.wait_for_url("**/account/")


#: How REST framework, problem details (RFC 9457) and drf-standardized-errors name a field.
SHAPES = {
    "rest framework": {"new_password": ["Too easy.", "Too old."]},
    "problem details": {
        "detail": "Invalid input.",
        "errors": [
            {"pointer": "#/new_password", "detail": "Too easy.", "code": "invalid"},
            {"pointer": "#/new_password", "detail": "Too old.", "code": "invalid"},
        ],
    },
    "standardized": {
        "type": "validation_error",
        "errors": [
            {"attr": "new_password", "detail": "Too easy.", "code": "invalid"},
            {"attr": "new_password", "detail": "Too old.", "code": "invalid"},
        ],
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_field_is_told_what_is_wrong_in_every_shape_of_errors(logged_in, shape):
    page, answer = logged_in, SHAPES[shape]
    page.route("**/password/change/", lambda route: route.fulfill(status=400, json=answer))
    page.goto("/account/password/")
    page.get_by_label("Current password", exact=True).fill(PASSWORD)
    new = page.get_by_label("New password", exact=True)
    new.fill("eight swans on the lake")
    press_enter(page)
    expect(new).to_have_accessible_description(re.compile("Too easy. Too old."))
    expect(new).to_be_focused()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_cannot_be_loaded_can_be_tried_again(logged_in, screenshot):
    page = logged_in
    answers = [
        {"status": 429, "headers": {"Retry-After": "90"}, "json": {"detail": "Slow down."}},
        {"status": 404, "body": "<h1>A proxy</h1>"},
    ]
    page.route(
        "**/auth/sessions/",
        lambda route: route.fulfill(**answers.pop(0)) if answers else route.continue_(),
    )
    page.goto("/account/sessions/")
    expect(page.get_by_role("alert")).to_have_text("Slow down. You can try again in 2 minutes.")
    screenshot("not-loaded")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("This device", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()


# --- sessions -------------------------------------------------------------------------------


def test_a_session_that_is_ended_in_another_browser_is_out_at_once(
    logged_in, person, new_context, screenshot
):
    page = logged_in
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/605.1"
    phone = new_context(user_agent=agent).new_page()
    log_in(phone, person, "sessions/")
    page.goto("/account/sessions/")
    page.get_by_text("Safari on iPhone").wait_for()
    screenshot("sessions")
    page.get_by_role("button", name="End: Safari on iPhone").click()
    expect(page.get_by_text("Safari on iPhone", exact=True)).to_have_count(0)
    expect(page.get_by_role("heading", name="Devices")).to_be_focused()

    # It has an access token in its memory, which is refused from now on.
    phone.get_by_role("button", name="End all other sessions").click()
    phone.wait_for_url("**/log-in/**")
    expect(phone.get_by_role("status")).to_have_text("Your session has ended. Log in again.")
    page.reload()
    expect(page.get_by_text("This device", exact=True)).to_be_visible()


def test_all_other_sessions_are_ended(logged_in, person, new_context):
    page = logged_in
    others = [new_context().new_page() for _ in range(2)]
    for other in others:
        log_in(other, person)
    page.goto("/account/sessions/")
    expect(page.locator("main li")).to_have_count(3)
    page.get_by_role("button", name="End all other sessions").click()
    expect(page.get_by_role("status")).to_have_text("All other sessions have ended.")
    expect(page.locator("main li")).to_have_count(1)
    expect(page.get_by_role("button", name="End all other sessions")).to_be_hidden()
    for other in others:
        other.reload()
        other.wait_for_url("**/log-in/**")


def test_what_a_client_says_of_itself_is_text(person, new_context):
    page = new_context(user_agent=HOSTILE).new_page()
    log_in(page, person, "sessions/")
    expect(page.get_by_text("This device", exact=True)).to_be_visible()
    assert page.locator("main img").count() == 0


def test_what_a_user_is_called_is_text(page, example):
    (hostile,) = make(example, ["<img src=/x onerror=alert(1)>"])
    log_in(page, hostile)
    expect(page.get_by_text(hostile.username)).to_be_visible()
    page.goto("/account/second-factor/")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.locator("img").count() == 1


def test_a_token_that_the_api_refuses_is_replaced_and_the_request_repeated(logged_in):
    page = logged_in
    ended = {"detail": "The session has ended. Log in again.", "code": "session_ended"}
    answers = [ended]
    page.route(
        "**/auth/sessions/",
        lambda route: (
            route.fulfill(status=401, json=answers.pop()) if answers else route.continue_()
        ),
    )
    page.goto("/account/sessions/")
    expect(page.get_by_text("This device", exact=True)).to_be_visible()


def test_pages_that_are_left_at_once_send_no_token_twice(logged_in, person, example):
    page = logged_in
    for name in ("", "password/", "sessions/") * 4:
        with page.expect_request("**/cookie/token/refresh/"):
            page.goto(f"/account/{name}", wait_until="commit")
    page.goto("/account/sessions/")
    expect(page.get_by_text("This device", exact=True)).to_be_visible()
    expect(page.get_by_text("was used twice")).to_be_hidden()
    replays = example.run(
        "from authkit.models import SecurityEvent\n"
        f"print(SecurityEvent.objects.filter(user__username={person.username!r},"
        " kind='token_replayed').count())"
    )
    assert replays.strip() == "0"


#: A browser that is busy hands messages from tab to tab late, but locks at once.
LATE_MESSAGES = """
const listen = BroadcastChannel.prototype.addEventListener;
BroadcastChannel.prototype.addEventListener = function (type, heard, ...rest) {
  const late = (event) => setTimeout(() => heard.call(this, event), 400);
  return listen.call(this, type, late, ...rest);
};
"""


@pytest.mark.parametrize("late", [False, True])
def test_tabs_share_one_refresh(logged_in, late):
    sent = []
    context = logged_in.context
    if late:
        context.add_init_script(LATE_MESSAGES)
    context.on("request", lambda request: sent.append(request.url))
    tabs = [context.new_page() for _ in range(4)]
    for tab in tabs:
        tab.goto("/account/")
        loaded(tab)
    before = len([url for url in sent if url.endswith("/refresh/")])
    assert before == 4  # a page that was just loaded has no token
    sent.clear()
    for tab in [logged_in, *tabs]:
        tab.evaluate("Date.now = ((now) => () => now() + 400_000)(Date.now.bind(Date))")
    code = (
        "import(document.getElementById('authkit-api').href).then((api) => api.call('GET', 'me/'))"
    )
    for tab in [logged_in, *tabs]:
        tab.evaluate(f"() => {{ globalThis.asked = {code} }}")
    for tab in [logged_in, *tabs]:
        assert "username" in tab.evaluate("globalThis.asked")
    assert len([url for url in sent if url.endswith("/refresh/")]) == 1


def test_the_access_token_is_nowhere_but_in_memory(logged_in):
    page = logged_in
    stored = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert stored == '[{},{},""]'
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert [*cookies] == ["authkit"]
    assert cookies["authkit"]["httpOnly"]
    assert cookies["authkit"]["sameSite"] == "Strict"
    assert "eyJ" not in page.content()
