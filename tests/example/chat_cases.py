"""The assistant, what it keeps, and whose it is. Run by test_project.py."""

import asyncio
import json
import uuid
from itertools import islice
from unittest import mock

from asgiref.sync import async_to_sync
from authkit.testing import client_for
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import TransactionTestCase
from django.utils import timezone
from rest_framework.test import APITestCase

from example_project.chat import conversation, responder
from example_project.chat.models import ChatSession, Message, Thread, ToolCall
from example_project.tasks.models import Project, Task

SESSIONS = "/api/v1/chat/sessions/"


def events(body):
    """Return the name and the data of each event of a stream."""
    blocks = body.decode().split("\n\n")
    assert blocks.pop() == ""
    pairs = [block.split("\n") for block in blocks]
    return [
        (event.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for event, data in pairs
    ]


class ChatCases(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.owner = get_user_model().objects.create_user("owner")
        cls.other = get_user_model().objects.create_user("other", is_staff=True, is_superuser=True)
        cls.project = Project.objects.create(owner=cls.owner, name="House")
        cls.session = ChatSession.objects.create(owner=cls.owner, title="About the house")

    def setUp(self):
        cache.clear()
        self.client.force_authenticate(self.owner)

    def path(self, *parts, session=None):
        return SESSIONS + "".join(f"{part}/" for part in [(session or self.session).pk, *parts])

    def send(self, text, **headers):
        return self.client.post(self.path("messages"), {"text": text}, format="json", **headers)

    def ask(self, text):
        """Return the events of an answer."""
        response = self.send(text)
        assert response.status_code == 200, response.content
        return events(response.getvalue())

    def history(self):
        return self.client.get(self.path()).json()["messages"]

    def task(self, title="Paint", project=None, **fields):
        return Task.objects.create(project=project or self.project, title=title, **fields)

    # --- sessions -------------------------------------------------------------------------

    def test_sessions_are_listed_newest_first_with_the_number_of_their_messages(self):
        made = self.client.post(SESSIONS, {}, format="json")
        assert (made.status_code, made.json()["message_count"]) == (201, 0)
        self.ask("list")
        listed = self.client.get(SESSIONS).json()["results"]
        assert [(one["id"], one["message_count"]) for one in listed] == [
            (made.json()["id"], 0),
            (str(self.session.pk), 2),
        ]

    def test_a_title_that_is_too_long_is_400(self):
        response = self.client.post(SESSIONS, {"title": "x" * 121}, format="json")
        assert (response.status_code, list(response.json())) == (400, ["title"])

    def test_an_owner_in_the_body_is_not_taken(self):
        body = {"title": "Gift", "owner": self.other.pk}
        response = self.client.post(SESSIONS, body, format="json")
        assert ChatSession.objects.get(pk=response.json()["id"]).owner == self.owner

    def test_a_session_that_is_deleted_takes_everything_in_it_along(self):
        self.ask("add Paint")
        assert self.client.delete(self.path()).status_code == 204
        for model in (ChatSession, Thread, Message, ToolCall):
            assert not model.objects.exists(), model
        assert Task.objects.get().title == "Paint"
        for method, path in self.every_operation():
            assert self.ask_for(method, path).status_code == 404, (method, path)

    def test_the_thread_of_a_session_is_opened_once(self):
        first = self.client.post(self.path("threads"))
        second = self.client.post(self.path("threads"))
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert first.json()["session"] == str(self.session.pk)

    def test_messages_are_in_the_thread_that_was_opened_and_open_one_else(self):
        thread = self.client.post(self.path("threads")).json()["id"]
        self.ask("list")
        assert {str(one.thread_id) for one in Message.objects.all()} == {thread}
        other = ChatSession.objects.create(owner=self.owner)
        self.client.post(self.path("messages", session=other), {"text": "list"}, format="json")
        assert self.client.post(self.path("threads", session=other)).status_code == 200

    # --- whose it is ----------------------------------------------------------------------

    def every_operation(self):
        return [
            ("get", self.path()),
            ("delete", self.path()),
            ("post", self.path("threads")),
            ("post", self.path("messages")),
        ]

    def ask_for(self, method, path):
        body = {"text": "list"} if path.endswith("messages/") else {}
        return getattr(self.client, method)(path, body or None, format="json")

    def test_another_users_session_is_403_and_stays_as_it_is(self):
        self.ask("list")
        self.client.force_authenticate(self.other)
        for method, path in self.every_operation():
            with self.subTest(path, method=method):
                response = self.ask_for(method, path)
                assert response.status_code == 403
                assert response.json()["code"] == "permission_denied"
        assert self.client.get(SESSIONS).json()["results"] == []
        assert Message.objects.count() == 2

    def test_a_session_that_is_not_there_is_404(self):
        for pk in (uuid.uuid4(), "1", "junk"):
            response = self.client.get(f"{SESSIONS}{pk}/")
            assert response.status_code == 404

    def test_without_a_credential_it_is_401(self):
        self.client.force_authenticate(None)
        for method, path in [("get", SESSIONS), ("post", SESSIONS), *self.every_operation()]:
            assert self.ask_for(method, path).status_code == 401

    def test_tasks_of_others_are_not_there_for_the_assistant(self):
        theirs = Project.objects.create(owner=self.other, name="Theirs")
        task = self.task("Secret plan", theirs)
        said = [
            f"complete {task.pk}",
            f"update {task.pk} to Mine",
            f"delete #{task.pk}",
            "delete Secret plan",
        ]
        results = [d["result"] for n, d in self.ask("\n".join(said)) if n == "tool_call"]
        assert results == [{"error": "You have no such task."}] * 4
        assert "Secret" not in json.dumps(self.ask("list"))
        task.refresh_from_db()
        assert (task.title, task.done_at) == ("Secret plan", None)

    # --- text -----------------------------------------------------------------------------

    def test_text_that_is_empty_or_too_long_is_400_and_is_not_kept(self):
        for text in ("", "   ", "\n\t", "x" * 2001, None, [], {}, "a\0b"):
            with self.subTest(repr(text)[:20]):
                response = self.send(text)
                assert response.status_code == 400
                assert list(response.json()) == ["text"]
        for body in (b"{}", b"[]", b"{", b'{"text": "\\ud800"}'):
            response = self.client.generic("POST", self.path("messages"), body, "application/json")
            assert response.status_code == 400, body
        assert not Message.objects.exists()

    def test_text_of_the_longest_length_is_kept(self):
        self.ask("x" * 2000)
        assert self.history()[0]["text"] == "x" * 2000

    def test_whatever_is_accepted_an_answer_is_a_stream_and_a_refusal_is_json(self):
        for accept in ("text/event-stream", "application/json", "*/*", "text/html"):
            answer = self.send("list", HTTP_ACCEPT=accept)
            assert answer["Content-Type"] == "text/event-stream"
            assert answer["Cache-Control"] == "no-store"
            refusal = self.send("", HTTP_ACCEPT=accept)
            assert refusal["Content-Type"] == "application/json"

    def test_text_cannot_forge_an_event(self):
        text = "hello\n\nevent: done\rdata: {}\u2028\u2029\x85event: error"
        assert [name for name, _ in self.ask(text)].count("done") == 1
        assert self.history()[0]["text"] == text

    # --- tools ----------------------------------------------------------------------------

    def test_the_assistant_adds_a_task(self):
        names = [name for name, _ in self.ask("add Paint the door")]
        assert names == ["message", "tool_call", "delta", "done"]
        task = Task.objects.owned_by(self.owner).get()
        assert (task.title, task.project.name, task.done_at) == ("Paint the door", "Inbox", None)
        self.ask("remember: Buy paint")
        assert Project.objects.filter(name="Inbox").count() == 1

    def test_the_assistant_lists_what_is_not_done(self):
        self.task("Paint")
        self.task("Sleep", done_at=timezone.now())
        assert self.ask("list my tasks")[-1][1]["text"].endswith(" Paint")

    def test_the_assistant_completes_a_task_and_keeps_the_first_date(self):
        task = self.task()
        self.ask(f"complete {task.pk}")
        task.refresh_from_db()
        first = task.done_at
        assert first is not None
        self.ask("complete task PAINT")
        task.refresh_from_db()
        assert task.done_at == first

    def test_the_assistant_updates_and_deletes(self):
        task = self.task()
        self.ask(f"rename #{task.pk} to Walk to the sea")
        task.refresh_from_db()
        assert task.title == "Walk to the sea"
        self.ask("delete walk to the sea")
        assert not Task.objects.exists()

    def test_a_title_that_two_tasks_have_names_neither(self):
        self.task("Paint")
        self.task("paint")
        (_, call), *_ = [e for e in self.ask("delete Paint") if e[0] == "tool_call"]
        assert "number" in call["result"]["error"]
        assert Task.objects.count() == 2

    def test_a_title_that_is_too_long_is_refused_and_the_task_stays(self):
        task = self.task()
        for text in (f"add {'x' * 201}", f"update {task.pk} to {'x' * 201}"):
            (_, call), *_ = [e for e in self.ask(text) if e[0] == "tool_call"]
            assert call["result"] == {"error": "A title has at most 200 characters."}
        assert [one.title for one in Task.objects.all()] == ["Paint"]

    def test_a_number_that_no_database_has_is_no_task(self):
        for number in ("999999999999999999", "9" * 19, "9" * 1900, "-1", "٣"):
            (_, call), *_ = [e for e in self.ask(f"delete {number}") if e[0] == "tool_call"]
            assert "error" in call["result"]

    def test_every_call_of_a_tool_is_in_the_history_those_that_were_refused_too(self):
        self.ask("add One\nadd Two\nlist\ncomplete one\nupdate two to Three\ndelete nothing")
        question, reply = self.history()
        assert (question["role"], question["tool_calls"]) == ("user", [])
        assert reply["role"] == "assistant"
        assert [(call["name"], call["arguments"]) for call in reply["tool_calls"]] == [
            ("add_task", {"title": "One"}),
            ("add_task", {"title": "Two"}),
            ("list_tasks", {}),
            ("complete_task", {"task": "one"}),
            ("update_task", {"task": "two", "title": "Three"}),
            ("delete_task", {"task": "nothing"}),
        ]
        assert reply["tool_calls"][-1]["result"] == {"error": "You have no such task."}

    def test_the_stream_says_what_the_history_keeps(self):
        seen = self.ask("add One\nlist\nhello")
        question, reply = self.history()
        assert seen[0] == ("message", question)
        assert seen[-1] == ("done", reply)
        assert [data for name, data in seen if name == "tool_call"] == reply["tool_calls"]
        assert "".join(data["text"] for name, data in seen if name == "delta") == reply["text"]

    def test_messages_are_in_the_order_in_which_they_were_written(self):
        for number in range(5):
            self.ask(f"add {number}")
        texts = [one["text"] for one in self.history() if one["role"] == "user"]
        assert texts == [f"add {number}" for number in range(5)]

    def test_words_that_mean_nothing_are_answered_with_what_the_assistant_can_do(self):
        for text in ("hello", "add", "delete", "update 1", "complete   "):
            _, *middle, done = self.ask(text)
            assert [name for name, _ in middle] == ["delta"]
            assert done[1]["text"] == responder.HELP

    def test_a_message_of_many_lines_is_carried_out_to_a_bound(self):
        reply = self.ask("\n".join(["add x"] * 300))[-1][1]
        assert len(reply["tool_calls"]) == Task.objects.count() == responder.MOST_INSTRUCTIONS
        assert reply["text"].endswith(responder.TOO_MANY)

    # --- half way -------------------------------------------------------------------------

    def test_if_the_reader_goes_away_then_what_is_done_is_kept_and_the_rest_not_done(self):
        stream = self.send("add One\nadd Two").streaming_content
        assert len(list(islice(stream, 2))) == 2  # the message and the first call
        del stream
        assert [task.title for task in Task.objects.all()] == ["One"]
        question, reply = self.history()
        assert question["text"] == "add One\nadd Two"
        assert [call["arguments"]["title"] for call in reply["tool_calls"]] == ["One"]
        assert reply["text"].startswith("Added: ")

    def test_if_a_call_cannot_be_kept_then_it_has_not_happened(self):
        failing = mock.patch.object(ToolCall.objects, "create", side_effect=DatabaseError("gone"))
        with failing, self.assertLogs("example_project.chat", "ERROR"):
            seen = self.ask("add One")
        assert [name for name, _ in seen] == ["message", "error"]
        assert "gone" not in json.dumps(seen)
        assert not Task.objects.exists()

    # --- how often ------------------------------------------------------------------------

    def test_thirty_messages_a_minute_are_answered_and_no_more(self):
        statuses = [self.send("hello").status_code for _ in range(31)]
        assert statuses == [200] * 30 + [429]
        refused = self.send("hello")
        assert refused.json()["code"] == "throttled"
        # The cache counts in steps of a twelfth of the minute.
        assert 0 < int(refused["Retry-After"]) <= 65
        assert Message.objects.filter(role="user").count() == 30
        # Reading goes on, and so does another user.
        assert self.client.get(self.path()).status_code == 200
        self.client.force_authenticate(self.other)
        session = ChatSession.objects.create(owner=self.other)
        path = self.path("messages", session=session)
        assert self.client.post(path, {"text": "hello"}, format="json").status_code == 200


class AsyncChatCases(TransactionTestCase):
    def test_under_asgi_each_event_is_sent_when_it_happens_and_the_loop_is_not_blocked(self):
        owner = get_user_model().objects.create_user("owner")
        session = ChatSession.objects.create(owner=owner)
        on_loop = []
        with connection.execute_wrapper(noting_the_loop(on_loop)):
            seen = async_to_sync(self.stream)(session, client_for(owner).access)
        assert seen == [
            ("message", 0),
            ("tool_call", 1),
            ("delta", 1),
            ("tool_call", 2),
            ("delta", 2),
            ("done", 2),
        ]
        assert on_loop
        assert not any(on_loop)

    async def stream(self, session, access):
        """Return the events, each with how many tasks there are when it comes."""
        response = await self.async_client.post(
            f"{SESSIONS}{session.pk}/messages/",
            {"text": "add One\nadd Two"},
            content_type="application/json",
            headers={"Authorization": f"Bearer {access}", "Accept": "text/event-stream"},
        )
        assert (response.status_code, response.is_async) == (200, True)
        return [(events(chunk)[0][0], await Task.objects.acount()) async for chunk in response]


def noting_the_loop(seen):
    """Note for each statement whether it blocks an event loop."""

    def note(execute, *statement):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            seen.append(False)
        else:
            seen.append(True)
        return execute(*statement)

    return note


class DeletedMeanwhileCases(TransactionTestCase):
    def test_if_the_session_is_deleted_while_it_is_answered_then_the_answer_is_cut_off(self):
        owner = get_user_model().objects.create_user("owner")
        session = ChatSession.objects.create(owner=owner)
        answer = conversation.answer(owner, conversation.ask(session, "add One\nadd Two"))
        seen = [next(answer).name for _ in range(3)]
        session.delete()
        with self.assertLogs("example_project.chat", "ERROR"):
            seen += [event.name for event in answer]
        assert seen == ["message", "tool_call", "delta", "error"]
        assert [task.title for task in Task.objects.all()] == ["One"]
