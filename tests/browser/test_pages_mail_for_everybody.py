"""The pages around mails for everybody, found by ids and not by words."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.mails import link_to, new_address, with_address
from tests.browser.people import PASSWORD, loaded
from tests.browser.test_pages_for_everybody import LOOKS
from tests.browser.tour import send, shown

ACTIONS = [
    "registration",
    "email_verification",
    "email_change_confirmation",
    "email_change",
    "email_change_stop",
    "email_change_undo",
    "deletion_confirmation",
    "first_password",
    "other",
]


@pytest.mark.parametrize("look", LOOKS)
def test_no_state_has_a_violation_or_is_wider_than_the_screen(
    people, example, new_context, screenshot, look
):
    page = new_context(**LOOKS[look]).new_page()
    person = with_address(next(people), example)
    seen = []
    for state in states(page, person, f"tourist{look}"):
        seen.append(state)
        screenshot(f"{look}-{state}", page)
        expect_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state
    assert len(seen) == len(set(seen)) > 20


def states(page, person, username):
    """Go from state to state; yield the name of each as it is shown."""
    yield from resetting(page, person)
    yield from registering(page, username)
    yield from opening(page)
    yield from changing(page, person)


def ready(page, form):
    expect(page.locator(f"#authkit-{form} [type=submit]")).to_be_enabled()


def resetting(page, person):
    page.goto("/account/password/reset/")
    ready(page, "password-reset")
    yield "password-reset"
    send(page, email="")
    expect(page.locator("#authkit-email-error")).to_be_visible()
    yield "password-reset-empty"
    send(page, email=person.email)
    yield f"password-reset-{shown(page, 'sent')}"
    page.goto("/account/password/reset/confirm/")
    yield f"password-reset-{shown(page, 'invalid')}"
    page.goto(link_to(page, person.email, "/password/reset/confirm/"))
    yield f"password-reset-{shown(page, 'choose')}"
    send(page, new_password="1234")
    expect(page.locator("#authkit-new-password-error")).to_be_visible()
    yield "password-reset-refused"
    send(page, new_password=PASSWORD)
    yield f"password-reset-{shown(page, 'done')}"


def registering(page, username):
    address = new_address()
    page.goto("/account/register/")
    ready(page, "register")
    yield "register"
    send(page, registration_username="bad name!", registration_email="?", password="1234")
    expect(page.locator("#authkit-registration-username-error")).to_be_visible()
    yield "register-refused"
    send(page, registration_username=username, registration_email=address, password=PASSWORD)
    yield f"register-{shown(page, 'sent')}"
    page.goto(link_to(page, address, "action=registration"))
    ready(page, "link")
    send(page, password="")
    expect(page.locator("#authkit-password-error")).to_be_visible()
    yield "link-registration-empty"
    send(page, password=PASSWORD)
    yield f"link-{shown(page, 'done')}"


def opening(page):
    for action in ACTIONS:
        page.goto(f"/account/link/#action={action}&token=made-up")
        ready(page, "link")
        yield f"link-{action}"
    page.locator("#authkit-link [type=submit]").click()
    yield f"link-{shown(page, 'invalid')}"


def changing(page, person):
    page.goto("/account/email/")
    page.wait_for_url("**/log-in/**")
    ready(page, "log-in")
    send(page, username=person.username, password=person.password)
    page.wait_for_url("**/account/email/")
    loaded(page)
    yield "email"
    send(page, new_email="?", password=person.password)
    expect(page.locator("#authkit-new-email-error")).to_be_visible()
    yield "email-refused"
    send(page, new_email=new_address(), password=person.password)
    expect(page.locator("#authkit-status")).not_to_be_empty()
    yield "email-sent"
    profile = {"username": person.username, "email": person.email, "email_verified": False}
    page.route("**/auth/me/", lambda route: route.fulfill(json=profile))
    page.reload()
    loaded(page)
    expect(page.locator("[data-unverified]")).to_be_visible()
    yield "email-unverified"
