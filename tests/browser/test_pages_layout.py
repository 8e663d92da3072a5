"""How the pages are laid out, where it can be measured: what a screenshot alone would show."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.people import log_in

PHONE = {"viewport": {"width": 320, "height": 640}}
MOMENT = "2026-01-01T00:00:00Z"

SESSION = {
    "id": "1",
    "user_agent": f"{'W' * 40}/1.0",
    "ip": "2001:db8:85a3:8d3:1319:8a2e:370:7348",
    "current": True,
    "created_at": MOMENT,
    "last_used_at": MOMENT,
    "amr": ["pwd"],
    "replayed_at": None,
}
KEY = {
    "id": "1",
    "name": "W" * 50,
    "prefix": "abcdefgh",
    "scopes": ["a-scope:of-a-project-with-a-very-long-name"],
    "created_at": MOMENT,
    "last_used_at": MOMENT,
    "last_used_ip": SESSION["ip"],
    "expires_at": None,
    "allowed_networks": ["2001:db8:85a3:8d3:1319:8a2e:370:0/112"],
    "rate": None,
    "overlap_ends_at": None,
}


@pytest.fixture
def phone(new_context):
    """A page on a narrow screen."""
    return new_context(**PHONE).new_page()


#: Where the words of an element are.
TEXT_OF = """(element => {
  const words = document.createRange();
  words.selectNodeContents(element);
  return words.getBoundingClientRect();
})"""


def log_in_by_ids(page, person, name):
    """Open a page of the account in any language, and log in on the way."""
    page.goto(f"/account/{name}")
    page.wait_for_url("**/log-in/**")
    page.locator("#authkit-username").fill(person.username)
    page.locator("#authkit-password").fill(person.password)
    page.locator("#authkit-log-in [type=submit]").click()
    page.wait_for_url(f"**/account/{name}")


def is_wider_than_the_screen(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize(("name", "item"), [("sessions", SESSION), ("api-keys", KEY)])
def test_a_text_without_spaces_makes_no_page_wider_than_the_screen(people, phone, name, item):
    phone.route(f"**/auth/{name}/", lambda route: route.fulfill(json=[item]))
    log_in(phone, next(people), f"{name}/")
    expect(phone.get_by_text("W" * 40)).to_be_visible()
    assert not is_wider_than_the_screen(phone)


def test_a_password_has_room_on_a_narrow_screen(new_context):
    page = new_context(**PHONE, locale="de").new_page()
    page.goto("/account/log-in/")
    expect(page.locator("[data-reveals]")).to_be_visible()
    field, other = (page.locator(f"#authkit-{name}") for name in ("password", "username"))
    assert field.bounding_box()["width"] == other.bounding_box()["width"]


def test_a_link_of_two_lines_stays_within_its_card(new_context):
    page = new_context(**PHONE, locale="de").new_page()
    page.goto("/account/register/")
    lines, below = page.locator(".authkit-links a").first.evaluate(
        f"""link => {{
          const text = {TEXT_OF}(link);
          const card = link.closest(".authkit-card").getBoundingClientRect();
          return [text.height / 24, card.bottom - text.bottom];
        }}"""
    )
    assert lines > 1.5
    assert below >= 16


def test_the_text_of_a_link_that_looks_like_a_button_is_in_its_middle(new_context):
    page = new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.goto("/account/password/reset/confirm/")
    link = page.get_by_role("link", name="Get another link")
    expect(link).to_be_visible()
    above, below = link.evaluate(
        f"""link => {{
          const [text, box] = [{TEXT_OF}(link), link.getBoundingClientRect()];
          return [text.top - box.top, box.bottom - text.bottom];
        }}"""
    )
    assert abs(above - below) <= 1


def test_headings_stand_level_with_the_menu_and_what_it_says_begins_at_one_line(people, page):
    log_in(page, next(people), "sessions/")
    first = page.locator(".authkit-menu a").first.bounding_box()
    heading = page.locator("h1").bounding_box()
    assert abs(heading["y"] - first["y"]) <= 4
    starts = page.locator(".authkit-menu :is(a, [data-log-out])").evaluate_all(
        """items => items.map((item) => {
          const words = document.createRange();
          words.selectNodeContents(item);
          return words.getBoundingClientRect().x;
        })"""
    )
    assert len(starts) > 2
    assert max(starts) - min(starts) < 1


@pytest.mark.parametrize("locale", ["de", "fr", "pt-BR"])
def test_no_button_is_wider_than_its_card_on_a_narrow_screen(people, new_context, locale):
    page = new_context(**PHONE, locale=locale).new_page()
    log_in_by_ids(page, next(people), "second-factor/")
    state = {"totp": {"enabled": True, "confirmed_at": MOMENT}, "recovery_codes_left": 2}
    page.route("**/auth/2fa/", lambda route: route.fulfill(json=state))
    page.reload()
    expect(page.locator("[data-opens=renew]")).to_be_visible()
    wider = page.locator("[data-step=on] button").evaluate_all(
        """buttons => buttons
          .filter((button) => button.offsetWidth > button.parentElement.offsetWidth)
          .map((button) => button.innerText)"""
    )
    assert wider == []


def change_password(page, current, new):
    page.locator("#authkit-current-password").fill(current)
    page.locator("#authkit-new-password").fill(new)
    page.get_by_role("button", name="Change the password").click()


def test_an_error_takes_the_place_of_a_success_and_stands_next_to_its_field(people, page):
    person = next(people)
    log_in(page, person, "password/")
    status = page.get_by_role("status")
    change_password(page, person.password, "eight swans on the lake")
    expect(status).to_contain_text("has been changed")
    change_password(page, "eight swans on the lake", "1234")
    error = page.locator("#authkit-new-password-error")
    expect(error).to_be_visible()
    expect(status).to_be_empty()
    assert len(error.inner_text().splitlines()) == 3
    field = page.locator("#authkit-new-password").bounding_box()
    assert error.bounding_box()["y"] - (field["y"] + field["height"]) < 10


def colour_of(page, selector):
    return page.locator(selector).evaluate("e => getComputedStyle(e).backgroundColor")


def test_what_a_user_has_to_do_does_not_look_like_a_success(page):
    page.goto("/account/log-in/?reason=ended")
    expect(page.get_by_role("status")).to_contain_text("Your session has ended.")
    to_do = colour_of(page, "#authkit-status")
    page.goto("/account/log-in/?reason=logged-out")
    expect(page.get_by_role("status")).to_contain_text("You have logged out.")
    assert colour_of(page, "#authkit-status") != to_do


def test_a_button_that_shows_the_password_looks_pressed(page):
    page.goto("/account/log-in/")
    button = page.get_by_role("button", name="Show the password")
    before = colour_of(page, "[data-reveals]")
    button.press("Enter")  # no pointer is over it
    expect(button).to_have_attribute("aria-pressed", "true")
    assert colour_of(page, "[data-reveals]") != before


def test_the_menu_opens_over_a_narrow_page_and_leads_on_by_keyboard(people, phone):
    log_in(phone, next(people), "sessions/")
    assert phone.locator("h1").bounding_box()["y"] < 200
    entry = phone.get_by_role("link", name="Password")
    expect(entry).to_be_hidden()
    phone.get_by_role("button", name="Your account").press("Enter")
    expect(entry).to_be_visible()
    assert not is_wider_than_the_screen(phone)
    expect_accessible(phone)
    phone.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    phone.keyboard.press("Enter")
    phone.keyboard.press("Tab")
    expect(phone.get_by_role("link", name="Overview")).to_be_focused()
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/account/")


PLACE_OF = """(element, word) => {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const start = walker.currentNode.data.indexOf(word);
    if (start < 0) continue;
    const range = document.createRange();
    range.setStart(walker.currentNode, start);
    range.setEnd(walker.currentNode, start + word.length);
    return range.getBoundingClientRect().x;
  }
}"""


def test_arabic_sentences_read_from_the_right_and_networks_from_the_left(people, new_context):
    page = new_context(locale="ar").new_page()
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    sessions = [{**SESSION, "user_agent": agent}]
    page.route("**/auth/sessions/", lambda route: route.fulfill(json=sessions))
    log_in_by_ids(page, next(people), "sessions/")
    device = page.locator("h2")
    expect(device).to_contain_text("Firefox")
    assert device.evaluate(PLACE_OF, "Firefox") > device.evaluate(PLACE_OF, "Linux")
    page.goto("/account/api-keys/")
    page.locator("[data-create]").click()
    networks = page.locator("#authkit-key-networks-help")
    expect(networks).to_be_visible()
    assert networks.evaluate(PLACE_OF, "2001") < networks.evaluate(PLACE_OF, "db8")


def test_a_filter_that_no_event_passes_says_so(people, page):
    log_in(page, next(people), "events/")
    sentence = page.get_by_text("There are no such events.")
    expect(sentence).to_be_hidden()
    page.get_by_label("Show").select_option("API keys")
    expect(sentence).to_be_visible()
