"""The pages around mails: forgotten password, registration, links."""

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import expect

from tests.browser.mails import heading, link_to, links_to, new_address, token_of, with_address
from tests.browser.people import PASSWORD, log_in, press_enter, type_password

NEW_PASSWORD = "eight swans on the dark lake"
RESET = "/password/reset/confirm/"
HOSTILE = "<img src=/x onerror=alert(1)>{{ 7*7 }}@elsewhere.example"


@dataclass
class Sent:
    """What a page has sent: the requests, with headers and bodies."""

    requests: list = field(default_factory=list)

    def posts(self, path):
        return [each for each in self.requests if each.method == "POST" and path in each.url]

    def names(self, secret):
        """Return the requests whose URL or headers have a secret."""
        named = [each for each in self.requests if secret in each.url]
        return named + [each for each in self.requests if secret in str(each.headers)]


@pytest.fixture
def sent(page):
    found = Sent()
    page.on("request", lambda request: found.requests.append(request))
    return found


@pytest.fixture
def person(people, example):
    return with_address(next(people), example)


def ask_for_reset(page, address):
    page.goto("/account/log-in/")
    page.get_by_role("link", name="Forgotten your password?").click()
    page.wait_for_url("**/account/password/reset/")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.get_by_label("E-mail address").fill(address)
    press_enter(page)
    expect(heading(page, "Look into your mailbox")).to_be_focused()


def choose(page, password):
    page.get_by_label("New password", exact=True).fill(password)
    press_enter(page)


def register(page, address, username, password=PASSWORD):
    page.goto("/account/register/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("Password", exact=True).fill(password)
    press_enter(page)


def registered(page, address, username):
    register(page, address, username)
    expect(heading(page, "Look into your mailbox")).to_be_focused()
    return link_to(page, address, "action=registration")


def expect_no_trace(page, sent, token):
    """The token is in neither the address bar, the page, storage, a URL nor a header."""
    assert token not in page.url
    assert "token" not in page.url
    assert token not in page.content()
    assert page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state])") == (
        "[{},{},null]"
    )
    assert sent.names(token) == []


# --- forgotten password ---------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_the_link_of_a_mail(page, person, sent, screenshot):
    ask_for_reset(page, person.email)
    expect(page.get_by_text(person.email)).to_be_visible()
    screenshot("password-reset-sent")
    link = link_to(page, person.email, RESET)
    page.goto(link)
    expect(page.get_by_role("button", name="Change the password")).to_be_enabled()
    expect_no_trace(page, sent, token_of(link))

    choose(page, "1234")
    password = page.get_by_label("New password", exact=True)
    expect(password).to_have_accessible_description(re.compile("This password is too short"))
    expect(password).to_be_focused()
    screenshot("password-reset-refused")

    choose(page, NEW_PASSWORD)
    expect(heading(page, "Your password has been changed")).to_be_focused()
    screenshot("password-reset-done")
    expect(password).to_have_value("")
    expect_no_trace(page, sent, token_of(link))

    page.get_by_role("link", name="Log in").click()
    type_password(page, person, NEW_PASSWORD)
    page.wait_for_url("**/account/")

    page.goto(link)
    choose(page, "nine geese over the hill")
    expect(heading(page, "This link does not work")).to_be_focused()
    page.get_by_role("link", name="Get another link").click()
    page.wait_for_url("**/account/password/reset/")


def test_an_address_without_an_account_gets_the_same_page(page):
    address = new_address()
    ask_for_reset(page, address)
    expect(page.get_by_text("If there is an account with this address")).to_be_visible()
    page.get_by_role("button", name="Type the address again").click()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    assert links_to(page, address, "/") == []


def test_an_address_is_shown_as_text(page, watch):
    ask_for_reset(page, HOSTILE)
    expect(page.get_by_text(HOSTILE)).to_be_visible()


def test_reset_ends_the_sessions_of_another_browser(page, person, new_context):
    other = new_context().new_page()
    log_in(other, person, "sessions/")
    ask_for_reset(page, person.email)
    page.goto(link_to(page, person.email, RESET))
    choose(page, NEW_PASSWORD)
    expect(heading(page, "Your password has been changed")).to_be_visible()
    other.reload()
    other.wait_for_url("**/log-in/**")


def test_a_page_that_is_loaded_again_says_what_to_do(page, person, screenshot):
    ask_for_reset(page, person.email)
    link = link_to(page, person.email, RESET)
    page.goto(link)
    expect(page.get_by_role("button", name="Change the password")).to_be_enabled()
    page.reload()
    expect(heading(page, "This link does not work")).to_be_visible()
    screenshot("password-reset-invalid")
    # The link was not used, and works when the mail is opened once more, in the same tab.
    page.evaluate("link => location.assign(link)", link)
    choose(page, NEW_PASSWORD)
    expect(heading(page, "Your password has been changed")).to_be_visible()


def test_the_link_that_skips_the_menu_does_not_forget_the_token(page, person):
    ask_for_reset(page, person.email)
    page.goto(link_to(page, person.email, RESET))
    expect(page.get_by_role("button", name="Change the password")).to_be_enabled()
    page.get_by_role("link", name="Skip to the content").press("Enter")
    expect(page).to_have_url(re.compile("#authkit-main$"))
    choose(page, NEW_PASSWORD)
    expect(heading(page, "Your password has been changed")).to_be_visible()


def test_what_happens_in_other_tabs_leaves_a_link_alone(page, person, people):
    ask_for_reset(page, person.email)
    page.goto(link_to(page, person.email, RESET))
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    other = page.context.new_page()
    log_in(other, next(people))
    other.get_by_role("button", name="Log out").click()
    other.wait_for_url("**/log-in/**")
    press_enter(page)
    expect(heading(page, "Your password has been changed")).to_be_visible()


# --- registration ---------------------------------------------------------------------------


def test_register_confirm_and_log_in(page, sent, screenshot):
    address, username = new_address(), "newcomer"
    page.goto("/account/log-in/")
    page.get_by_role("link", name="Create an account").click()
    page.wait_for_url("**/account/register/")
    expect(page.get_by_label("Username")).to_be_focused()
    screenshot("register")
    link = registered(page, address, username)
    expect(page.locator("#authkit-password")).to_have_value("")
    screenshot("register-sent")

    page.goto(link)
    expect(heading(page, "Complete your registration")).to_be_visible()
    expect_no_trace(page, sent, token_of(link))
    screenshot("link-registration")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").dblclick()
    expect(heading(page, "It is done")).to_be_focused()
    screenshot("link-done")
    assert len(sent.posts("email/verify/")) == 1
    expect_no_trace(page, sent, token_of(link))

    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press_enter(page)
    page.wait_for_url("**/account/")


def test_what_is_wrong_with_a_registration_is_said_at_the_fields(page, sent, screenshot):
    register(page, "not an address", "bad name!", "1234")
    name = page.get_by_label("Username")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    address = page.get_by_label("E-mail address")
    expect(address).to_have_accessible_description(re.compile("Enter a valid email address"))
    screenshot("register-refused")
    name.fill("goodname")
    address.fill(new_address())
    press_enter(page)
    password = page.get_by_label("Password", exact=True)
    expect(password).to_have_accessible_description(re.compile("This password is too short"))
    expect(password).to_be_focused()
    assert len(sent.posts("register/")) == 2


def test_a_registration_is_sent_once_and_its_mail_again(page, sent):
    address = new_address()
    page.goto("/account/register/")
    page.get_by_label("Username").fill("impatient")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create the account").dblclick()
    expect(heading(page, "Look into your mailbox")).to_be_visible()
    assert len(sent.posts("register/")) == 1
    page.get_by_role("button", name="Send another mail").click()
    expect(page.get_by_role("status")).to_have_text("Another mail is on its way.")
    link_to(page, address, "action=registration")
    assert len(links_to(page, address, "action=registration")) == 2
    page.get_by_role("button", name="Change the address").click()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    expect(page.get_by_label("Password", exact=True)).to_have_value("")


#: As the page asks for fields that a project adds.
ADDED = """
<div class="authkit-field">
<label><input id="news" name="news" type="checkbox" aria-describedby="news-error"> News</label>
<p class="authkit-error" id="news-error" hidden></p>
</div>
<label><input id="again" name="again" type="password"> Again</label>
"""


def test_a_box_is_true_or_false_and_no_password_stays(page, sent):
    refused = {"news": ["Choose it."]}
    page.route(
        "**/auth/register/",
        lambda route: (
            route.fulfill(status=202, json={})
            if route.request.post_data_json["news"]
            else route.fulfill(status=400, json=refused)
        ),
    )
    page.goto("/account/register/")
    page.locator("#authkit-register").evaluate(
        "(e, html) => e.insertAdjacentHTML('beforeend', html)", ADDED
    )
    page.get_by_label("Username").fill("subscriber")
    page.get_by_label("E-mail address").fill(new_address())
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Again").fill(PASSWORD)
    press_enter(page)
    box = page.get_by_label("News")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description("Choose it.")
    box.check()
    page.get_by_role("button", name="Create the account").click()
    expect(heading(page, "Look into your mailbox")).to_be_visible()
    expect(page.locator("#again")).to_have_value("")
    assert [each.post_data_json["news"] for each in sent.posts("register/")] == [False, True]


def test_an_address_with_an_account_gets_the_same_page_and_another_mail(page, person):
    register(page, person.email, "someoneelse")
    expect(heading(page, "Look into your mailbox")).to_be_visible()
    assert links_to(page, person.email, "action=") == []


# --- links ----------------------------------------------------------------------------------


def test_a_program_that_opens_a_link_uses_nothing_up(page, new_context):
    link = registered(page, new_address(), "scanned")
    scanner = new_context().new_page()
    asked = []
    scanner.on("request", lambda request: asked.append(request.method))
    scanner.goto(link)
    expect(scanner.get_by_role("button", name="Confirm")).to_be_enabled()
    assert set(asked) == {"GET"}
    page.goto(link)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press_enter(page)
    expect(heading(page, "It is done")).to_be_visible()


def test_a_link_without_its_word_asks_for_the_password_when_the_api_does(page, sent):
    address = new_address()
    link = registered(page, address, "wordless")
    page.goto(link.replace("action=registration&", ""))
    expect(page.get_by_label("Password", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Confirm").click()
    password = page.get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    password.fill(PASSWORD)
    press_enter(page)
    expect(heading(page, "It is done")).to_be_visible()


@pytest.mark.parametrize("link", ["", "#action=registration", "#token=", "#token=wrong"])
def test_a_link_that_is_none_says_so(page, link):
    page.goto(f"/account/link/{link}")
    if link == "#token=wrong":
        page.get_by_role("button", name="Confirm").click()
    expect(heading(page, "This link does not work")).to_be_visible()


def test_the_word_of_a_link_is_no_markup(page):
    page.goto("/account/link/#action=%3Cimg%20src=x%20onerror=alert(1)%3E&token=x")
    expect(heading(page, "Confirm")).to_be_visible()
    assert page.locator("img").count() == 0


def test_without_scripts_each_page_says_what_it_needs_and_sends_nothing(new_context):
    page = new_context(java_script_enabled=False).new_page()
    for name in ("password/reset/", "password/reset/confirm/", "register/", "link/"):
        page.goto(f"/account/{name}#token=x")
        # In the tree, and not visible: see the test of the log-in.
        expect(page.locator("noscript p")).to_contain_text("This page needs JavaScript.")
        expect(page.locator("[type=submit]:visible")).to_be_disabled()
