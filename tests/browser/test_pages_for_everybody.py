"""The pages for everybody: WCAG 2.2 AA by axe, small screens, big text, right to left, keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.people import loaded, log_in
from tests.browser.tour import states

LOOKS = {
    "light": {},
    # A phone, and long words.
    "german": {"locale": "de", "viewport": {"width": 320, "height": 640}, "device_scale_factor": 2},
    "dark-arabic": {"locale": "ar", "color_scheme": "dark"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_no_state_has_a_violation_or_is_wider_than_the_screen(
    people, new_context, screenshot, look
):
    page = new_context(**LOOKS[look]).new_page()
    seen = []
    for state in states(page, next(people)):
        seen.append(state)
        screenshot(f"{look}-{state}", page)
        expect_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state
    assert len(seen) == len(set(seen)) > 20


def test_text_of_twice_the_size_is_not_cut(people, new_context, screenshot):
    page = new_context(viewport={"width": 640, "height": 700}).new_page()
    log_in(page, next(people), "sessions/")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot("text-200", page)


def test_arabic_runs_from_right_to_left(people, new_context):
    page = new_context(locale="ar").new_page()
    log_in_by_keyboard(page, next(people))
    loaded(page)
    assert page.evaluate("document.documentElement.dir") == "rtl"
    menu = page.locator("nav").bounding_box()
    main = page.locator("main").bounding_box()
    assert menu["x"] > main["x"] + main["width"] - 1
    heading, name = page.locator("h1"), page.locator("main bdi")
    assert right_edge(name) == pytest.approx(right_edge(heading), abs=1)


def right_edge(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"]


#: Where a word in an element begins, from the left.
LEFT_OF_WORD = """(element, word) => {
  const range = new Range(), text = element.firstChild;
  range.setStart(text, text.data.indexOf(word));
  range.setEnd(text, text.data.indexOf(word) + word.length);
  return range.getBoundingClientRect().left;
}"""


def test_latin_words_stand_in_the_order_of_an_arabic_sentence(people, new_context):
    page = new_context(locale="ar").new_page()
    log_in_by_keyboard(page, next(people))
    page.goto("/account/sessions/")
    loaded(page)
    program = page.locator("[data-fill=program]")
    browser, system = (program.evaluate(LEFT_OF_WORD, word) for word in ("Chrome", "Linux"))
    assert browser > system

    page.goto("/account/api-keys/")
    page.locator("[data-create]").click()
    scope = page.locator(".authkit-check").filter(has_text="loans:write")
    sentence, name = scope.locator("[data-sentence]"), scope.locator("code bdi")
    expect(name).to_be_visible()
    assert right_edge(name) == pytest.approx(right_edge(sentence), abs=1)


def log_in_by_keyboard(page, person):
    page.goto("/account/log-in/")
    expect(page.locator("#authkit-log-in [type=submit]")).to_be_enabled()
    page.keyboard.type(person.username)
    page.keyboard.press("Tab")
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/")


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(people, page):
    log_in_by_keyboard(page, next(people))
    page.goto("/account/second-factor/")
    expect(page.locator("[data-begin]")).to_be_visible()
    reached = []
    for _ in range(11):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        reached.append(focused.inner_text())
        style = focused.evaluate("e => getComputedStyle(e).outlineStyle")
        assert style != "none", reached
    assert reached == [
        "Skip to the content",
        "Overview",
        "Password",
        "E-mail address",
        "Second factor",
        "Devices",
        "API keys",
        "Security events",
        "Delete account",
        "Log out",
        "Turn on",
    ]


@pytest.mark.parametrize(("motion", "lasts"), [("reduce", "0s"), ("no-preference", "0.12s")])
def test_nothing_moves_where_a_user_wants_no_motion(new_context, motion, lasts):
    page = new_context(reduced_motion=motion).new_page()
    page.goto("/account/log-in/")
    button = page.get_by_role("button", name="Log in")
    assert button.evaluate("e => getComputedStyle(e).transitionDuration") == lasts
