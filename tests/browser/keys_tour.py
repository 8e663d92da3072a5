"""Every state of the pages of API keys, security events and deletion, for `tour`."""

from playwright.sync_api import expect

from tests.browser.people import loaded

#: Long, and of both directions.
NAME = "nightly report of תל אביב and everywhere else, 2026"
PATH = "/account/api-keys/"


def visible(page, selector):
    expect(page.locator(selector)).to_be_visible()


def making_a_key(page):
    page.goto(PATH)
    visible(page, "[data-none]")
    yield "api-keys-none"
    page.locator("[data-create]").click()
    visible(page, "#authkit-create-key")
    yield "api-keys-create"
    page.locator("#authkit-key-name").fill(NAME[:50])
    page.locator('[name="scope"]').first.check()
    page.locator("#authkit-key-end").select_option("date")
    page.locator("#authkit-key-networks").fill("192.0.2.0/24\nnowhere")
    page.locator("#authkit-create-key [type=submit]").click()
    visible(page, "#authkit-key-date-error")
    yield "api-keys-refused"
    page.locator("#authkit-key-date").fill("2099-12-31")
    page.locator("#authkit-create-key [type=submit]").click()
    visible(page, "#authkit-key-networks-error")
    yield "api-keys-network-refused"
    page.locator("#authkit-key-networks").fill("192.0.2.0/24")
    page.locator("#authkit-create-key [type=submit]").click()
    yield from storing_it(page, "api-keys-new")


def storing_it(page, state):
    visible(page, "[data-step=new]")
    yield state
    page.locator("[data-step=new] [type=checkbox]").check()
    page.locator("[data-done]").click()
    visible(page, "[data-step=list]")


def with_a_key(page):
    yield "api-keys"
    page.locator("[data-rotate]").click()
    visible(page, "#authkit-rotate")
    yield "api-keys-rotate"
    page.locator("#authkit-rotate [type=submit]").click()
    yield from storing_it(page, "api-keys-rotated")
    visible(page, "[data-overlap]")
    yield "api-keys-overlap"
    page.locator("[data-revoke]").click()
    page.locator("#authkit-revoke-name").fill("another")
    page.keyboard.press("Enter")
    visible(page, "#authkit-revoke-name-error")
    yield "api-keys-revoke-refused"
    page.locator("#authkit-revoke-name").fill(NAME[:50])
    page.keyboard.press("Enter")
    visible(page, "[data-none]")
    yield "api-keys-revoked"


def events(page):
    page.goto("/account/events/")
    loaded(page)
    yield "events"
    page.locator("#authkit-event-filter").select_option("warning")
    yield "events-warnings"


def refusing_to_delete(page):
    page.goto("/account/delete-account/")
    loaded(page)
    visible(page, "#authkit-delete-code")
    yield "delete-account"
    page.locator("#authkit-delete-sure").check()
    page.locator("#authkit-delete [type=submit]").click()
    visible(page, "#authkit-delete-code-error")
    yield "delete-account-refused"
