"""The groups of our operations, by job: sections of Swagger UI, modules of generated clients.

They are prefixed, because a project may have groups of the same name.
"""

TOKENS = "auth: tokens"
SECOND_FACTOR = "auth: second factor"
SESSIONS = "auth: sessions"
PASSWORD = "auth: password"  # noqa: S105  # the name of a group
API_KEYS = "auth: API keys"
ACCOUNT = "auth: account"
