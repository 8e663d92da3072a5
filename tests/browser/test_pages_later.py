"""Scripts of a page that are loaded when they are used: a slow connection, and one that fails."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import log_in, secret_in
from tests.browser.test_pages_keys import create, shown_key, store
from tests.factors.phone import Phone


@pytest.fixture
def fails(page, watch):
    """A function that lets a script fail until what it returns is called."""

    def start(pattern):
        page.route(pattern, lambda route: route.abort())
        return lambda: page.unroute(pattern)

    yield start
    told = ("net::ERR_FAILED", "Failed to fetch dynamically imported module")
    watch.faults = [fault for fault in watch.faults if not any(each in fault for each in told)]


LINK = "#uid=MQ&token=" + "x" * 43 + "&action=registration"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("log-in/", {"username": "newcomer", "password": "typed early"}),
        ("register/", {"username": "newcomer", "email": "a@elsewhere.example", "password": "x"}),
        ("password/reset/", {"email": "a@elsewhere.example"}),
        (f"password/reset/confirm/{LINK}", {"new_password": "typed early"}),
        (f"link/{LINK}", {"password": "typed early"}),
        ("password/", {"current_password": "typed early", "new_password": "and this"}),
    ],
)
def test_what_is_typed_before_the_scripts_are_there_stays(page, person, path, fields):
    if path == "password/":
        log_in(page, person)
    held = []
    page.route("**/parts/say.js", lambda route: held.append(route))
    page.goto(f"/account/{path}", wait_until="commit")
    for name, typed in fields.items():
        page.locator(f"[name={name}]").fill(typed)
    button = page.locator("form [type=submit]").first
    expect(button).to_be_disabled()
    while not held:
        page.wait_for_timeout(10)
    held.pop().continue_()
    expect(button).to_be_enabled()
    for name, typed in fields.items():
        expect(page.locator(f"[name={name}]")).to_have_value(typed)
    assert "token" not in page.url


def posts(page, path):
    """Return a list to which each POST with a path is added."""
    found = []
    page.on(
        "request",
        lambda request: request.method == "POST" and path in request.url and found.append(request),
    )
    return found


def expect_alert(page):
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")


def test_what_is_pressed_while_a_script_is_late_opens_one_dialog(logged_in):
    page = logged_in
    create(page, "first")
    store(page)
    create(page, "second")
    store(page)
    page.reload()
    held = []
    page.route("**/api_keys/change.js", lambda route: held.append(route))
    page.get_by_role("button", name="Rotate: first").dblclick()
    page.get_by_role("button", name="Revoke: second").click()
    while not held:
        page.wait_for_timeout(10)
    held.pop().continue_()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_count(1)
    expect(dialog).to_have_accessible_name("Rotate the key")
    expect(dialog).to_contain_text("first")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Revoke: second").click()
    expect(dialog).to_have_accessible_name("Revoke the key")
    expect(dialog).to_contain_text("second")


@pytest.mark.parametrize("script", ["parts/forms.js", "api_keys/new_key.js", "api_keys/create.js"])
def test_a_script_that_was_not_loaded_is_loaded_by_the_next_try(logged_in, fails, script):
    page = logged_in
    page.goto("/account/api-keys/")
    made = posts(page, "/api-keys/")
    works_again = fails(f"**/{script}")
    button = page.get_by_role("button", name="Create a key")
    for _ in range(2):
        button.click()
        expect_alert(page)
    works_again()
    button.click()
    page.get_by_label("Name", exact=True).fill("late")
    page.get_by_role("button", name="Create", exact=True).click()
    shown_key(page)
    store(page)
    assert len(made) == 1


def test_a_proof_whose_script_was_not_loaded_is_asked_for_by_the_next_try(logged_in, fails, person):
    page = logged_in
    page.goto("/account/password/")
    wants_proof = {"code": "step_up_required", "detail": "Confirm that it is you."}
    page.route(
        "**/password/change/",
        lambda route: route.fulfill(status=401, json=wants_proof),
        times=2,
    )
    page.get_by_label("Current password").fill(person.password)
    page.get_by_label("New password").fill("nine herons by the old mill")
    works_again = fails("**/parts/dialogs.js")
    page.get_by_role("button", name="Change the password").click()
    expect_alert(page)
    works_again()
    page.get_by_role("button", name="Change the password").click()
    dialog = page.get_by_role("dialog", name="Confirm that it is you")
    dialog.get_by_label("Password", exact=True).fill(person.password)
    dialog.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status")).to_contain_text("Your password has been changed")


def test_codes_that_are_shown_once_wait_for_no_script(logged_in, fails):
    page = logged_in
    page.goto("/account/second-factor/")
    page.get_by_role("button", name="Turn on").click()
    phone = Phone(secret_in(page))
    fails("**/static/**")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("textbox", name="Code from the app", exact=True).fill(phone.code())
    page.get_by_role("button", name="Turn on").click()
    codes = page.get_by_role("listitem").filter(has=page.locator("code"))
    expect(codes).to_have_count(10)
    page.get_by_label("I have stored these codes").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="The second factor is on")).to_be_visible()
