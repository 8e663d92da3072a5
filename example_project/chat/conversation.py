"""One message and its answer. It knows no HTTP: the answer is a series of events."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction

from example_project.chat import responder
from example_project.chat.models import Message, Thread, ToolCall
from example_project.chat.serializers import MessageSerializer, ToolCallSerializer
from example_project.chat.tools import TOOLS, ToolRefused

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    name: str
    data: Any


@transaction.atomic
def ask(session, text):
    """Keep what the user writes."""
    thread, _ = Thread.objects.get_or_create(session=session)
    return Message.objects.create(thread=thread, role=Message.Role.USER, text=text)


def answer(user, question) -> Iterator[Event]:
    """Carry out what a message asks for, and yield each step when it is kept.

    If the reader goes away, what is done is in the history, and the rest is not done.
    """
    try:
        yield from steps(user, question)
    except DatabaseError:  # the session was deleted meanwhile, or the database failed
        logger.exception("An answer was cut off.")
        yield Event("error", {"detail": "The answer was cut off.", "code": "error"})


def steps(user, question):
    yield Event("message", MessageSerializer(question).data)
    reply = Message.objects.create(thread=question.thread, role=Message.Role.ASSISTANT)
    asked, is_more = responder.instructions(question.text)
    for instruction in asked:
        yield from carry_out(user, reply, instruction)
    if is_more:
        yield say(reply, responder.TOO_MANY)
    yield Event("done", MessageSerializer(reply).data)


def carry_out(user, reply, instruction):
    if instruction.tool is None:
        yield say(reply, responder.HELP)
        return
    # What a tool has done and the record of it are there together, or not at all.
    with transaction.atomic():
        result = run(user, instruction)
        call = ToolCall.objects.create(
            message=reply, name=instruction.tool, arguments=instruction.arguments, result=result
        )
        said = say(reply, responder.sentence(instruction.tool, result))
    yield Event("tool_call", ToolCallSerializer(call).data)
    yield said


def run(user, instruction):
    try:
        return TOOLS[instruction.tool](user, **instruction.arguments)
    except ToolRefused as refused:
        return {"error": str(refused)}


def say(reply, text):
    """Append to the answer; return the event of what was appended."""
    delta = f"\n{text}" if reply.text else text
    reply.text += delta
    reply.save(update_fields=["text"])
    return Event("delta", {"text": delta})
