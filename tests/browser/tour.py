"""Every state of the pages, one after the other, in any language: found by ids, not by words."""

from playwright.sync_api import expect

from tests.browser.keys_tour import events, making_a_key, refusing_to_delete, with_a_key
from tests.browser.people import code_before, loaded
from tests.factors.phone import Phone


def states(page, person):
    """Go from state to state; yield the name of each as it is shown."""
    yield from logging_in(page, person)
    for name in ("", "password/", "sessions/"):
        page.goto(f"/account/{name}")
        loaded(page)
        yield name.strip("/") or "overview"
    yield from changing_the_password(page)
    yield from making_a_key(page)
    yield from with_a_key(page)
    yield from events(page)
    yield from setting_the_factor_up(page, person)
    yield from refusing_to_delete(page)
    yield from with_a_factor(page, person)
    yield from logging_in_with_a_code(page, person)


def send(page, **values):
    """Fill fields in by id, and send the form of the last one."""
    for name, value in values.items():
        page.locator(f"#authkit-{name.replace('_', '-')}").fill(value)
    page.keyboard.press("Enter")


def shown(page, step):
    expect(page.locator(f'[data-step="{step}"]')).to_be_visible()
    return step


def logging_in(page, person):
    page.goto("/account/log-in/")
    expect(page.locator("#authkit-log-in [type=submit]")).to_be_enabled()
    yield "log-in"
    send(page, username=person.username, password="")
    expect(page.locator("#authkit-password-error")).to_be_visible()
    yield "log-in-empty"
    send(page, username=person.username, password="wrong")
    expect(page.locator("#authkit-log-in [role=alert]")).to_be_visible()
    yield "log-in-refused"
    send(page, username=person.username, password=person.password)
    page.wait_for_url("**/account/")


def changing_the_password(page):
    page.goto("/account/password/")
    loaded(page)
    send(page, current_password="wrong", new_password="eight swans on the lake")
    expect(page.locator("#authkit-current-password-error")).to_be_visible()
    yield "password-refused"


def setting_the_factor_up(page, person):
    page.goto("/account/second-factor/")
    yield f"second-factor-{shown(page, 'off')}"
    page.locator("[data-begin]").click()
    yield f"second-factor-{shown(page, 'scan')}"
    secret = "".join(page.locator("#authkit-secret").inner_text().split())
    person.phone = Phone(secret)
    page.locator("[data-scanned]").click()
    yield f"second-factor-{shown(page, 'confirm')}"
    send(page, first_code=person.phone.wrong_code())
    expect(page.locator("#authkit-first-code-error")).to_be_visible()
    yield "second-factor-refused"
    send(page, first_code=code_before(person.phone))
    yield f"second-factor-{shown(page, 'codes')}"
    person.recovery_codes = tuple(page.locator("[data-step=codes] code").all_inner_texts())
    page.locator("[data-step=codes] input").check()
    page.locator("[data-done]").click()
    yield f"second-factor-{shown(page, 'on')}"


def with_a_factor(page, person):
    page.goto("/account/second-factor/")
    shown(page, "on")
    for name in ("renew", "replace", "disable"):
        page.locator(f"[data-opens={name}]").click()
        expect(page.locator(f"#authkit-{name}")).to_be_visible()
        yield f"second-factor-{name}"
        page.keyboard.press("Escape")
    # What the API answers after five minutes.
    page.route("**/2fa/totp/disable/", lambda route: route.fulfill(status=401, json=STEP_UP))
    page.locator("[data-opens=disable]").click()
    send(page, disable_code="000000")
    expect(page.locator("#authkit-step-up")).to_be_visible()
    yield "step-up"
    page.goto("/account/log-out/")
    yield "log-out"
    page.locator("main [data-log-out]").click()
    page.wait_for_url("**/log-in/**")
    expect(page.locator("#authkit-status")).not_to_be_empty()
    yield "logged-out"


STEP_UP = {"detail": "Confirm your identity again to do this.", "code": "step_up_required"}


def logging_in_with_a_code(page, person):
    send(page, username=person.username, password=person.password)
    shown(page, "second-factor")
    yield "log-in-code"
    page.locator("[data-use=recovery_code]").click()
    yield "log-in-recovery-code"
    send(page, code="no such code")
    expect(page.locator("#authkit-code-error")).to_be_visible()
    yield "log-in-code-refused"
