"""What the demo prints. Each curl line is one line, so that it survives being pasted."""

import os
import sys
from pathlib import Path

from example_project.demo.seed import READER, STAFF

WELCOME = """
The example is running. Ctrl-C stops it.

  Account         {url}/account/
  Chat            {url}/chat/
  Documentation   {url}/api/docs/
  Admin           {url}/admin/
  API             {url}/api/v1/
  Public keys     {url}/.well-known/jwks.json
  Schema audit    {audit}
                  (and for staff, at any time: {url}/admin/audit/)
  Codes           {url}/demo/authenticator/
  Mailbox         {url}/demo/mailbox/

  Staff           {staff.username} / {staff.password}
  Reader          {reader.username} / {reader.password}
  API key         {api_key}
                  (new at every start, valid for a day)

Paste these into another terminal.

# Log in
{log_in}

# Read the books, as a machine
{read_books}

# Log in and list your own tasks
{list_tasks}

# Log in and ask the assistant for them; the answer is a stream
{chat}

The same and much more, checked step by step, with a server and a database of its own:
{python} manage.py selftest
"""


def welcome(url, api_key, chat, report):
    log_in = (
        f"curl -s {url}/api/v1/auth/token/ -H 'Content-Type: application/json' "
        f"""-d '{{"username": "{READER.username}", "password": "{READER.password}"}}'"""
    )
    access = f"""{log_in} | python3 -c 'import json, sys; print(json.load(sys.stdin)["access"])'"""
    return WELCOME.format(
        url=url,
        staff=STAFF,
        reader=READER,
        api_key=api_key,
        audit=report.as_uri(),
        python=_python(),
        log_in=log_in,
        read_books=f"curl -s '{url}/api/v1/books/?limit=2' -H 'X-API-Key: {api_key}'",
        chat=(
            f"curl -sN {url}/api/v1/chat/sessions/{chat.pk}/messages/ "
            f'-H "Authorization: Bearer $({access})" '
            f"""-H 'Content-Type: application/json' -d '{{"text": "list my tasks"}}'"""
        ),
        list_tasks=f'curl -s {url}/api/v1/tasks/ -H "Authorization: Bearer $({access})"',
    )


def _python():
    """Return the running interpreter as one would type it here."""
    here = Path.cwd()
    python = Path(sys.executable)
    return os.fspath(python.relative_to(here) if python.is_relative_to(here) else python)
