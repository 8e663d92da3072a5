"""Understands a few words of English, and so needs no network: each line is one instruction.

A project would ask a language model here, which answers with the same: the name of a tool and its
arguments.
"""

import re
from dataclasses import dataclass

#: A line is one space between words by now, so that no pattern takes long.
INSTRUCTIONS = [
    ("add_task", r"(?:add|remember)(?: task)?:? (?P<title>.+)"),
    ("list_tasks", r"(?:list|show)(?: .*)?"),
    ("complete_task", r"(?:complete|finish)(?: task)? (?P<task>.+)"),
    ("update_task", r"(?:update|rename)(?: task)? (?P<task>.+?) to (?P<title>.+)"),
    ("delete_task", r"(?:delete|remove)(?: task)? (?P<task>.+)"),
]
PATTERNS = [(tool, re.compile(pattern, re.IGNORECASE)) for tool, pattern in INSTRUCTIONS]

#: How many lines of a message are carried out.
MOST_INSTRUCTIONS = 10

HELP = (
    "I look after your tasks. Write one of these on a line of its own: "
    "add <title>, list, complete <task>, update <task> to <title>, delete <task>. "
    "A task is its number or its title."
)
TOO_MANY = f"I carry out {MOST_INSTRUCTIONS} lines of a message; the rest is left."


@dataclass(frozen=True)
class Instruction:
    """A tool and its arguments, or the words that name none."""

    tool: str | None
    arguments: dict


def instructions(text):
    """Return what a message asks for, and whether there is more of it than is carried out."""
    lines = [line for line in (" ".join(line.split()) for line in text.splitlines()) if line]
    return [understand(line) for line in lines[:MOST_INSTRUCTIONS]], len(lines) > MOST_INSTRUCTIONS


def understand(line):
    for tool, pattern in PATTERNS:
        if match := pattern.fullmatch(line):
            return Instruction(tool, match.groupdict())
    return Instruction(None, {})


def sentence(tool, result):
    """Say what a tool has done."""
    if "error" in result:
        return result["error"]
    if tool == "list_tasks":
        return listed(result["tasks"], result["count"])
    task = result["task"]
    done = {
        "add_task": "Added",
        "complete_task": "Completed",
        "update_task": "Updated",
        "delete_task": "Deleted",
    }
    return f"{done[tool]}: #{task['id']} {task['title']}"


def listed(tasks, count):
    if not tasks:
        return "You have no open tasks."
    lines = [f"#{task['id']} {task['title']}" for task in tasks]
    if count > len(tasks):
        lines.append(f"… and {count - len(tasks)} more")
    return "\n".join(lines)
