"""The chat page, in several windows: what ends a session, and what each of them shows then."""

import json

from playwright.sync_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.chat import (
    composer,
    expect_closed,
    in_room,
    logged_in,
    messages,
    second_window,
    send,
)


class TestLogOut:
    def test_of_a_session_closes_all_its_windows(self, page, example, screenshot):
        first = in_room(page, example.reader, "exit")
        second, third = second_window(first), second_window(first)
        for window in (second, third):
            expect(window.get_by_role("status")).to_have_text("Connected")
        send(second, "Is this the exit?")
        expect(messages(first)).to_have_text(["Is this the exit?"])
        third.get_by_role("button", name="Log out", exact=True).click()
        expect(third.get_by_role("alert")).to_have_text("You are logged out.")
        for window in (first, second):
            expect_closed(window)
        screenshot("chat-session-ended", first)
        expect_accessible(first)

    def test_everywhere_closes_the_sessions_of_other_browsers(
        self, page, new_context, example, screenshot
    ):
        first = in_room(page, example.reader, "hall")
        second = in_room(new_context().new_page(), example.reader, "hall")
        staff = in_room(new_context().new_page(), example.staff, "hall")
        third = logged_in(new_context().new_page(), example.reader)
        third.get_by_role("button", name="Log out everywhere").click()
        expect(third.get_by_role("alert")).to_have_text("You are logged out.")
        for window in (first, second):
            expect_closed(window)
        expect(staff.get_by_text("reader left")).to_have_count(2)
        send(staff, "They are gone.")
        expect(messages(staff).last).to_have_text("They are gone.")
        screenshot("chat-others-stay", staff)
        expect_accessible(staff)

    def test_one_session_leaves_the_others(self, page, new_context, example):
        stays = in_room(page, example.reader, "foyer")
        goes = in_room(new_context().new_page(), example.reader, "foyer")
        goes.get_by_role("button", name="Log out", exact=True).click()
        expect(goes.get_by_role("alert")).to_have_text("You are logged out.")
        send(stays, "Still here.")
        expect(messages(stays).last).to_have_text("Still here.")

    def test_is_noticed_without_a_connection_when_the_user_comes_back(self, page, example):
        first = logged_in(page, example.reader)
        second = second_window(first)
        second.get_by_role("button", name="Log out", exact=True).click()
        expect(second.get_by_role("alert")).to_have_text("You are logged out.")
        first.evaluate("() => window.dispatchEvent(new Event('focus'))")
        expect(first.get_by_role("alert")).to_contain_text("Your session has ended")

    def test_leaves_nothing_of_the_user_in_the_page(self, page, example):
        logged_in(page, example.reader)
        page.get_by_label("Title of a new chat").fill("A secret title")
        page.get_by_role("button", name="New chat").click()
        send(page, "add A secret task")
        expect(messages(page).last).to_contain_text("Added")
        composer(page).fill("A secret draft")
        page.get_by_role("button", name="Log out", exact=True).click()
        expect(page.get_by_role("alert")).to_have_text("You are logged out.")
        assert "secret" not in page.locator("body").inner_html().lower()
        assert page.locator("#chat-text").input_value() == ""

    def test_an_expired_access_token_is_renewed_also_in_a_second_window(self, page, example):
        first = logged_in(page, example.reader)
        second = second_window(first)
        expect(second.get_by_text("Logged in as reader")).to_be_visible()
        refreshed = []
        page.context.on("request", lambda sent: "/refresh/" in sent.url and refreshed.append(sent))
        for window in (second, first):
            refuse_once(window, "**/chat/sessions/")
            window.get_by_role("button", name="New chat").click()
            expect(window.get_by_role("log")).to_be_visible()
        assert [sent.frame.page for sent in refreshed] == [first, first]


class TestSecondWindow:
    def test_gets_nothing_unless_the_user_has_opened_it(self, page, example):
        logged_in(page, example.reader)
        with page.context.expect_page() as opened:
            page.evaluate("() => { window.open('/chat/') }")
        other = opened.value
        expect(other.get_by_label("User name")).to_be_visible()
        # The window that was asked has had its turn when the one that the user opens is let in.
        expect(second_window(page).get_by_text("Logged in as reader")).to_be_visible()
        expect(other.get_by_text("Logged in as reader")).to_be_hidden()

    def test_lives_as_long_as_its_access_token_when_the_first_is_closed(self, page, example):
        second = second_window(logged_in(page, example.reader))
        expect(second.get_by_text("Logged in as reader")).to_be_visible()
        page.close()
        second.get_by_role("button", name="New chat").click()
        expect(second.get_by_role("log")).to_be_visible()
        refuse_once(second, "**/chat/sessions/")
        second.get_by_role("button", name="New chat").click()
        expect(second.get_by_role("alert")).to_contain_text("in which you logged in is closed")
        expect(second.get_by_label("User name")).to_be_focused()


def refuse_once(page, url):
    """Answer the next request to this URL as if the access token had expired."""
    body = json.dumps({"detail": "The access token has expired.", "code": "token_expired"})
    page.route(
        url,
        lambda route: route.fulfill(status=401, content_type="application/json", body=body),
        times=1,
    )
