"""What a user does and sees at the chat page of the example."""

import json

from playwright.sync_api import expect

CHAT = "/chat/"


def type_password(page, login, path=CHAT):
    page.goto(path)
    page.get_by_label("User name").fill(login[0])
    page.get_by_label("Password").fill(login[1])
    page.get_by_role("button", name="Log in").click()


def logged_in(page, login, path=CHAT):
    type_password(page, login, path)
    expect(page.get_by_text(f"Logged in as {login[0]}")).to_be_visible()
    return page


def in_room(page, login, room):
    """Log in and join a room, by its URL."""
    logged_in(page, login, f"{CHAT}#rooms/{room}")
    expect(page.get_by_role("status")).to_have_text("Connected")
    return page


def second_window(page):
    """Open another window of the same session, which shows the same."""
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Second window").click()
    return opened.value


def composer(page):
    return page.get_by_role("textbox", name="Your message")


def send(page, text):
    composer(page).fill(text)
    composer(page).press("Enter")


def messages(page):
    return page.get_by_role("log").locator(".text")


def expect_closed(page):
    """The server has closed the connection; the page says so and leads to the log-in."""
    expect(page.get_by_role("alert")).to_contain_text("Your session has ended")
    expect(page.get_by_role("alert")).to_contain_text("4401 session_ended")
    expect(page.get_by_label("User name")).to_be_focused()
    expect(page.get_by_role("log")).to_have_count(0)


class Answer:
    """An answer to the message of a new chat, which comes when the test says so."""

    def __init__(self, page):
        self.page = page
        page.evaluate(
            """() => {
                const real = window.fetch;
                const start = (controller) => { window.answer = controller };
                const answer = new Response(new ReadableStream({ start }));
                window.fetch = (url, init) =>
                    url.endsWith("/messages/") ? Promise.resolve(answer) : real(url, init);
            }"""
        )
        page.get_by_role("button", name="New chat").click()
        send(page, "hello")

    def event(self, name, data, in_pieces=False):
        event = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
        # A piece may end anywhere, also within a character.
        for piece in [event[i : i + 1] for i in range(len(event))] if in_pieces else [event]:
            self.page.evaluate("(bytes) => answer.enqueue(new Uint8Array(bytes))", list(piece))

    def end(self):
        self.page.evaluate("() => answer.close()")
