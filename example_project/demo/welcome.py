"""What the demo prints. Each curl line is one line, so that it survives being pasted."""

from example_project.demo.seed import READER, STAFF

WELCOME = """
The example is running. Ctrl-C stops it.

  Documentation   {url}/api/docs/
  Admin           {url}/admin/
  API             {url}/api/v1/

  Staff           {staff.username} / {staff.password}
  Reader          {reader.username} / {reader.password}
  API key         {api_key}
                  (new at every start; the one before is revoked)

Paste these into another terminal.

# Log in
{log_in}

# Read the books, as a machine
{read_books}

# Log in and list your own tasks
{list_tasks}

`manage.py selftest` walks through all of it, with a server and a database of its own.
"""


def welcome(url, api_key):
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
        log_in=log_in,
        read_books=f"curl -s '{url}/api/v1/books/?limit=2' -H 'X-API-Key: {api_key}'",
        list_tasks=f'curl -s {url}/api/v1/tasks/ -H "Authorization: Bearer $({access})"',
    )
