"""The chat page, whatever is written there and on whatever screen it is read."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.chat import CHAT, composer, in_room, logged_in, messages, send

HOSTILE = "<img src=x onerror=document.title='ran'>"


class TestText:
    """What users write is shown as it is, and does nothing."""

    def test_of_names_and_messages_is_no_markup(self, page, new_context, make_login, screenshot):
        login, _ = make_login(HOSTILE)
        writer = in_room(page, login, "quiet")
        reader_login, _ = make_login("bystander")
        reader = in_room(new_context().new_page(), reader_login, "quiet")
        composer(writer).press_sequentially("x")
        expect(reader.get_by_text(f"{HOSTILE} is typing …")).to_be_visible()
        send(writer, HOSTILE)
        for window in (writer, reader):
            expect(messages(window).last).to_have_text(HOSTILE)
            expect(window.get_by_role("log").locator(".sender").last).to_contain_text(HOSTILE)
            expect_unharmed(window)
        screenshot("chat-hostile", reader)
        expect_accessible(reader)

    def test_of_a_room_name_in_a_link_is_no_markup(self, page, example):
        logged_in(page, example.reader, f"{CHAT}#rooms/{HOSTILE}")
        expect(page.get_by_role("alert")).to_contain_text(f"“{HOSTILE}” is no name of a room")
        expect_unharmed(page)

    def test_of_a_chat_and_its_answer_is_no_markup(self, page, example):
        logged_in(page, example.reader)
        page.get_by_label("Title of a new chat").fill(HOSTILE)
        page.get_by_role("button", name="New chat").click()
        expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
        send(page, f"add {HOSTILE}")
        expect(messages(page).last).to_have_text(re.compile(rf"Added: #\d+ {re.escape(HOSTILE)}"))
        expect_unharmed(page)


def expect_unharmed(page):
    assert page.locator("img").count() == 0
    assert page.title() == "The library: chat"


class TestPage:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_it_fits_into_a_narrow_window(self, new_context, example, screenshot, scheme):
        context = new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme)
        page = context.new_page()
        page.goto(CHAT)
        screenshot(f"chat-log-in-narrow-{scheme}", page)
        expect_accessible(page)
        assert not is_wider_than_its_window(page)
        in_room(page, example.reader, "narrow")
        send(page, "A-word-that-is-far-too-long-for-a-window-of-320-pixels" * 3)
        expect(messages(page).last).to_contain_text("320")
        screenshot(f"chat-room-narrow-{scheme}", page)
        expect_accessible(page)
        assert not is_wider_than_its_window(page)
        page.get_by_role("link", name="Assistant").click()
        page.get_by_role("button", name="New chat").click()
        send(page, "list")
        expect(messages(page).last).to_contain_text("#")
        screenshot(f"chat-assistant-narrow-{scheme}", page)
        expect_accessible(page)
        assert not is_wider_than_its_window(page)

    def test_it_is_dark_where_the_user_has_chosen_that(self, new_context, example, screenshot):
        page = new_context(color_scheme="dark").new_page()
        in_room(page, example.reader, "night")
        send(page, "Good night.")
        expect(messages(page).last).to_have_text("Good night.")
        background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", background))) < 64
        screenshot("chat-room-dark", page)
        expect_accessible(page)

    def test_the_keyboard_is_enough(self, page, example):
        page.goto(CHAT)
        expect(page.get_by_label("User name")).to_be_focused()
        page.keyboard.type(example.reader.username)
        page.keyboard.press("Tab")
        page.keyboard.type(example.reader.password)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Assistant")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.type("By keyboard")
        page.keyboard.press("Enter")
        expect(composer(page)).to_be_focused()
        page.keyboard.type("list")
        page.keyboard.press("Enter")
        expect(messages(page)).to_have_count(2)


def is_wider_than_its_window(page):
    return page.evaluate(
        "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
