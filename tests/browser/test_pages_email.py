"""The page of the e-mail address, and the links of the mails about it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.mails import heading, link_to, new_address, with_address
from tests.browser.people import loaded, log_in, press_enter, set_up_factor, type_password


@pytest.fixture
def person(people, example):
    return with_address(next(people), example)


def password_in(page):
    """Return the field of the form; the dialog that asks again has one, too."""
    return page.locator("form.authkit-card").get_by_label("Password", exact=True)


def change_address(page, person, to):
    page.goto("/account/email/")
    loaded(page)
    page.get_by_label("New e-mail address").fill(to)
    password_in(page).fill(person.password)
    press_enter(page)


def confirmed(page):
    page.get_by_role("button", name="Confirm").click()
    expect(heading(page, "It is done")).to_be_focused()


def test_the_address_is_changed_and_the_change_undone(page, person, new_context, screenshot):
    new = new_address()
    log_in(page, person, "email/")
    expect(page.get_by_text(person.email)).to_be_visible()
    screenshot("email")
    change_address(page, person, new)
    sent = f"A mail with a link is on its way to \u2068{new}\u2069."
    expect(page.get_by_role("status")).to_have_text(sent)
    screenshot("email-sent")
    expect(password_in(page)).to_have_value("")
    page.goto(link_to(page, new, "action=email_change&"))
    expect(heading(page, "Confirm your new e-mail address")).to_be_visible()
    screenshot("link-email-change")
    confirmed(page)
    page.get_by_role("link", name="Go on to your account").click()
    page.get_by_role("main").get_by_role("link", name="E-mail address").click()
    expect(page.get_by_text(new)).to_be_visible()

    owner = new_context().new_page()
    owner.goto(link_to(owner, person.email, "action=email_change_undo"))
    expect(heading(owner, "Get your old e-mail address back")).to_be_visible()
    screenshot("link-email-undo", owner)
    confirmed(owner)
    expect(owner.get_by_role("link", name="Reset your password")).to_be_visible()
    page.reload()
    page.wait_for_url("**/log-in/**")
    type_password(page, person)
    page.wait_for_url("**/account/email/")
    expect(page.get_by_text(person.email)).to_be_visible()


def test_a_change_is_stopped_from_the_present_address(page, person, new_context):
    new = new_address()
    log_in(page, person, "email/")
    change_address(page, person, new)
    owner = new_context().new_page()
    owner.goto(link_to(owner, person.email, "action=email_change_stop"))
    expect(heading(owner, "Stop the change of your e-mail address")).to_be_visible()
    confirmed(owner)
    expect(owner.get_by_role("link", name="Change the password")).to_be_visible()
    page.goto(link_to(page, new, "action=email_change&"))
    page.get_by_role("button", name="Confirm").click()
    expect(heading(page, "This link does not work")).to_be_focused()


def test_a_wrong_password_or_address_is_said_at_the_field(page, person, screenshot):
    log_in(page, person, "email/")
    page.get_by_label("New e-mail address").fill("not an address")
    password_in(page).fill(person.password)
    press_enter(page)
    address = page.get_by_label("New e-mail address")
    expect(address).to_have_accessible_description(re.compile("valid email address"))
    expect(address).to_be_focused()
    address.fill(new_address())
    password = password_in(page)
    password.fill("wrong")
    press_enter(page)
    expect(password).to_have_accessible_description(re.compile("This password is not right."))
    expect(password).to_be_focused()
    screenshot("email-refused")
    password.fill("")
    press_enter(page)
    expect(password).to_have_accessible_description(re.compile("This field is required."))


def test_with_a_second_factor_a_code_changes_it(page, person):
    new = new_address()
    log_in(page, person)
    set_up_factor(page, person)
    page.goto("/account/email/")
    loaded(page)
    expect(password_in(page)).to_be_hidden()
    page.get_by_label("New e-mail address").fill(new)
    page.locator("form.authkit-card").get_by_label("Code").fill(person.recovery_codes[0])
    press_enter(page)
    expect(page.get_by_role("status")).to_contain_text(new)
    link_to(page, new, "action=email_change&")


def without_password(person, example):
    """Take the password away, as of a user of single sign-on; the session lives on."""
    example.run(
        "from django.contrib.auth import get_user_model\n"
        "from authkit.sessions.models import Session, password_fingerprint\n"
        f"user = get_user_model().objects.get(username={person.username!r})\n"
        "user.set_unusable_password(); user.save()\n"
        "Session.objects.filter(user=user)"
        ".update(password_fingerprint=password_fingerprint(user))"
    )


#: A new access token, as the scripts of the pages get one.
REFRESH = """async () => {
    const headers = { "Content-Type": "application/json", "X-Authkit": "1" };
    const options = { method: "POST", headers, body: "{}" };
    return (await (await fetch("/api/v1/auth/cookie/token/refresh/", options)).json()).access;
}"""


def test_an_account_without_a_password_confirms_from_its_present_address(page, person, example):
    new = new_address()
    log_in(page, person, "email/")
    without_password(person, example)
    page.get_by_label("New e-mail address").fill(new)
    press_enter(page)
    expect(page.get_by_role("status")).to_contain_text("to your present address")
    page.goto(link_to(page, person.email, "action=email_change_confirmation"))
    expect(heading(page, "Allow the change of your e-mail address")).to_be_visible()
    confirmed(page)
    page.goto(link_to(page, new, "action=email_change&"))
    confirmed(page)


def test_an_account_without_a_password_is_deleted_when_its_owner_says_so(page, person, example):
    log_in(page, person)
    without_password(person, example)
    token = page.evaluate(REFRESH)
    headers = {"Authorization": f"Bearer {token}"}
    answer = page.request.delete("/api/v1/auth/me/", headers=headers, data={})
    assert answer.status == 202
    page.goto(link_to(page, person.email, "action=deletion_confirmation"))
    expect(heading(page, "Delete your account")).to_be_visible()
    page.get_by_role("button", name="Delete the account").click()
    expect(heading(page, "It is done")).to_be_focused()
    expect(page.get_by_text("Your account has been deleted.")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link")).to_have_count(0)
