"""Staff who must have a second factor set it up in the admin site, under a strict policy."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.people import secret_in
from tests.factors.phone import Phone

SMALL = {"width": 320, "height": 640}
LOOKS = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    # A phone, and long words.
    "german": {"locale": "de", "viewport": SMALL, "device_scale_factor": 2},
    "arabic": {"locale": "ar"},
    "arabic-dark": {"locale": "ar", "viewport": SMALL, "color_scheme": "dark"},
}


def begin(page, person, next_url="/admin/password_change/"):
    """Log in with the password; the first step is shown."""
    page.goto(f"/admin/login/?next={next_url}")
    page.locator("#id_username").fill(person.username)
    page.locator("#id_password").fill(person.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/authkit/second-factor/**")


def codes_on(page):
    expect(page.locator(".authkit-codes li code")).to_have_count(10)
    return page.locator(".authkit-codes li code").all_inner_texts()


def test_the_three_steps_lead_to_the_page_that_was_asked_for(page, clerk):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    begin(page, clerk)
    phone = Phone(secret_in(page))
    link = page.get_by_role("link", name="Open the app on this device")
    expect(link).to_have_attribute("href", re.compile(f"^otpauth://totp/.*secret={phone.base32}"))
    groups = page.locator("#authkit-secret span").all_inner_texts()
    assert "".join(groups) == phone.base32
    assert {len(group) for group in groups} == {4}
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == phone.base32
    page.get_by_role("link", name="Continue").click()

    field = page.get_by_role("textbox", name="Code from the app")
    expect(field).to_be_focused()
    page.get_by_role("link", name="Back").click()
    assert secret_in(page) == phone.base32
    page.get_by_role("link", name="Continue").click()
    field.fill(phone.wrong_code())
    page.keyboard.press("Enter")
    expect(field).to_have_accessible_description(re.compile("The code is not valid."))
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    field.fill(phone.code())
    page.keyboard.press("Enter")

    codes = codes_on(page)
    done = page.get_by_role("button", name="Done")
    expect(done).to_be_disabled()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    text = f"Recovery codes of The library. Each works once.\n\n{chr(10).join(codes)}\n"
    assert download.value.path().read_text() == text
    assert page.evaluate("navigator.clipboard.readText()") == text
    page.get_by_label("I have stored these codes").check()
    done.click()
    page.wait_for_url("**/admin/password_change/")
    assert not [code for code in codes if code in page.content()]


def test_the_codes_are_not_left_by_accident(page, clerk):
    begin(page, clerk)
    phone = Phone(secret_in(page))
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("textbox", name="Code from the app").fill(phone.code())
    page.keyboard.press("Enter")
    codes = codes_on(page)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("#site-name a").click()
    assert codes_on(page) == codes
    assert asked == ["beforeunload"]


def test_it_works_without_scripts(new_context, clerk):
    page = new_context(java_script_enabled=False).new_page()
    begin(page, clerk)
    phone = Phone(secret_in(page))
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("textbox", name="Code from the app").fill(phone.code())
    page.get_by_role("button", name="Turn on").click()
    codes_on(page)
    for name in ("Copy", "Download", "Print"):
        expect(page.get_by_role("button", name=name)).to_be_hidden()
    page.get_by_role("button", name="Done").click()  # the browser asks for the box to be ticked
    codes_on(page)
    page.get_by_label("I have stored these codes").check()
    page.get_by_role("button", name="Done").click()
    page.wait_for_url("**/admin/password_change/")


@pytest.mark.parametrize("look", LOOKS)
def test_no_step_has_a_violation_or_is_wider_than_the_screen(new_context, clerk, screenshot, look):
    page = new_context(**LOOKS[look]).new_page()
    for step in steps(page, clerk):
        screenshot(f"admin-{look}-{step}", page)
        expect_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), step
        expected = "rtl" if LOOKS[look].get("locale") == "ar" else "ltr"
        assert page.evaluate("document.documentElement.dir") == expected


def steps(page, person):
    """Go from step to step, found by ids; yield the name of each as it is shown."""
    begin(page, person)
    phone = Phone(secret_in(page))
    yield "scan"
    page.locator(".authkit-primary").click()
    yield "confirm"
    page.locator("#authkit-first-code").fill(phone.wrong_code())
    page.keyboard.press("Enter")
    expect(page.locator("#authkit-first-code-error")).not_to_be_empty()
    yield "refused"
    page.locator("#authkit-first-code").fill(phone.code())
    page.keyboard.press("Enter")
    codes_on(page)
    expect(page.locator("[data-done]")).to_be_disabled()
    yield "codes"
    page.locator(".authkit-check input").check()
    expect(page.locator("[data-done]")).to_be_enabled()
    yield "codes-stored"


def test_the_colours_are_those_that_the_admin_was_switched_to(new_context, clerk):
    """Django's switch of the theme outweighs the system; the QR code can be scanned in both."""
    page = new_context(color_scheme="light").new_page()
    page.add_init_script("localStorage.setItem('theme', 'dark')")
    begin(page, clerk)
    card = page.locator(".authkit-card")
    assert card.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(18, 18, 18)"
    assert secret_in(page)
    expect_accessible(page)
