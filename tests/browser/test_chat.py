"""The chat page of the example: log-in, the assistant and rooms."""

from playwright.sync_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.chat import Answer, composer, in_room, logged_in, messages, send, type_password


class TestLogIn:
    def test_a_wrong_password_is_refused_and_can_be_typed_again(self, page, example, screenshot):
        type_password(page, (example.reader.username, "not the password"))
        expect(page.get_by_role("alert")).not_to_be_empty()
        expect(page.get_by_label("Password")).to_be_focused()
        expect(page.get_by_label("Password")).to_have_value("")
        screenshot("chat-wrong-password")
        expect_accessible(page)
        logged_in(page, example.reader)

    def test_an_account_with_a_second_factor_is_asked_for_its_code(
        self, page, make_login, screenshot
    ):
        enrol = (
            "from authkit.testing import authenticator_app\nprint(authenticator_app(user).code())"
        )
        login, code = make_login("careful", enrol)
        type_password(page, login)
        page.get_by_label("Code").fill("no code")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("alert")).not_to_be_empty()
        expect(page.get_by_label("Code")).to_be_focused()
        screenshot("chat-second-factor")
        expect_accessible(page)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("Logged in as careful")).to_be_visible()

    def test_the_browser_stores_no_token_and_a_reload_forgets_it(self, page, example):
        logged_in(page, example.reader)
        assert page.context.storage_state() == {"cookies": [], "origins": []}
        assert page.evaluate("() => sessionStorage.length") == 0
        page.reload()
        expect(page.get_by_label("User name")).to_be_visible()


class TestAssistant:
    def test_it_adds_a_task_and_shows_the_answer_as_it_comes(self, page, example, screenshot):
        logged_in(page, example.reader)
        page.get_by_label("Title of a new chat").fill("Plants")
        page.get_by_role("button", name="New chat").click()
        expect(page.get_by_role("heading", name="Plants")).to_be_visible()
        send(page, "add Water the plants")
        expect(messages(page).last).to_contain_text("Added: #")
        expect(page.get_by_text("add task", exact=True)).to_be_visible()
        screenshot("chat-assistant")
        expect_accessible(page)

        # Another window reads it from the history.
        again = logged_in(page.context.new_page(), example.reader, page.url)
        expect(messages(again)).to_have_count(2)
        expect(messages(again).first).to_have_text("add Water the plants")
        send(again, "list")
        expect(messages(again).last).to_contain_text("Water the plants")

    def test_an_answer_is_shown_while_it_comes(self, page, example):
        answer = Answer(logged_in(page, example.reader))
        answer.event("message", {"role": "user", "text": "hello", "tool_calls": []})
        answer.event("delta", {"text": "One"})
        expect(messages(page)).to_have_text(["hello", "One"])
        answer.event("delta", {"text": " \N{EM DASH} two"}, in_pieces=True)
        expect(messages(page).last).to_have_text("One \N{EM DASH} two")
        answer.event("error", {"detail": "The answer was cut off.", "code": "error"})
        answer.end()
        expect(page.get_by_role("alert")).to_have_text("The answer was cut off.")

    def test_an_answer_that_breaks_off_says_so(self, page, example):
        answer = Answer(logged_in(page, example.reader))
        answer.event("message", {"role": "user", "text": "hello", "tool_calls": []})
        answer.event("delta", {"text": "One"})
        answer.end()
        expect(page.get_by_role("alert")).to_contain_text("before the answer was complete")
        expect(messages(page).last).to_have_text("One")

    def test_a_new_user_is_told_what_to_do(self, page, make_login, screenshot):
        login, _ = make_login("novice")
        logged_in(page, login)
        expect(page.get_by_text("You have no chats yet.")).to_be_visible()
        screenshot("chat-no-chats")
        expect_accessible(page)
        page.get_by_role("link", name="Rooms").click()
        expect(page.get_by_text("Join a room to talk")).to_be_visible()
        screenshot("chat-no-room")
        expect_accessible(page)

    def test_a_chat_of_another_user_is_refused(self, page, new_context, example):
        logged_in(page, example.reader)
        page.get_by_role("button", name="New chat").click()
        expect(page.get_by_role("log")).to_be_visible()
        other = logged_in(new_context().new_page(), example.staff, page.url)
        expect(other.get_by_role("alert")).not_to_be_empty()
        expect(other.get_by_role("log")).to_have_count(0)


class TestRooms:
    def test_two_windows_talk(self, page, new_context, example, screenshot):
        reader = in_room(page, example.reader, "lobby")
        staff = in_room(new_context().new_page(), example.staff, "lobby")
        expect(reader.get_by_text("librarian joined")).to_be_visible()
        composer(staff).press_sequentially("Good mor")
        expect(reader.get_by_text("librarian is typing …")).to_be_visible()
        screenshot("chat-typing", reader)
        expect_accessible(reader)
        said = ["Good morning.", "Good morning!\nIs Middlemarch back?", "It is."]
        for number, (writer, text) in enumerate(zip((staff, reader, staff), said, strict=True), 1):
            send(writer, text)
            for window in (reader, staff):
                expect(messages(window)).to_have_text(said[:number])
        expect(reader.get_by_text("librarian is typing …")).to_be_hidden()
        screenshot("chat-room", reader)
        expect_accessible(reader)

        # One who comes later is shown what was said.
        reader.get_by_role("button", name="Leave").click()
        expect(staff.get_by_text("reader left")).to_be_visible()
        reader.get_by_role("button", name="Join").click()
        expect(messages(reader)).to_have_count(3)

    def test_a_connection_that_breaks_can_be_made_again(self, page, example, screenshot):
        sockets = []
        page.route_web_socket("**/ws/**", lambda ws: sockets.append((ws, ws.connect_to_server())))
        in_room(page, example.reader, "breaking")
        send(page, "before")
        expect(messages(page)).to_have_text(["before"])
        composer(page).fill("a draft")
        sockets[0][0].close(code=4503, reason="service_unavailable")
        expect(page.get_by_role("alert")).to_contain_text("4503 service_unavailable")
        expect(page.get_by_role("status")).to_have_text("Closed")
        screenshot("chat-room-closed")
        expect_accessible(page)
        page.get_by_role("button", name="Join").click()
        expect(page.get_by_role("status")).to_have_text("Connected")
        expect(messages(page)).to_have_text(["before"])
        expect(composer(page)).to_have_value("a draft")

    def test_a_message_that_is_refused_is_kept_to_be_sent_again(self, page, make_login):
        login, _ = make_login("talker")
        in_room(page, login, "crowded")
        for number in range(30):
            send(page, f"message {number}")
        expect(messages(page)).to_have_count(30)
        send(page, "one too many")
        expect(page.get_by_role("alert")).not_to_be_empty()
        expect(composer(page)).to_have_value("one too many")
