"""What schemathesis logs in with: its hooks, named by SCHEMATHESIS_HOOKS.

A proof that credentials are not ignored is worth something only if they are good. The access token
is fetched again every minute, because the requests end sessions as well.
"""

import json
import os
from urllib.request import Request, urlopen

import schemathesis

OWN_THINGS = r"/(projects|tasks|labels|comments)/"
REFRESH_SECONDS = 60


def log_in(variable):
    username, password = os.environ[variable].split()
    body = json.dumps({"username": username, "password": password}).encode()
    url = os.environ["CONTRACT_URL"] + "/api/v1/auth/token/"
    with urlopen(Request(url, body, {"Content-Type": "application/json"})) as answer:
        return json.load(answer)["access"]


class Bearer:
    login = "CONTRACT_STAFF"

    def get(self, case, context):
        return log_in(self.login)

    def set(self, case, access, context):
        case.headers["Authorization"] = f"Bearer {access}"


@schemathesis.auth(refresh_interval=REFRESH_SECONDS).apply_to(path_regex=OWN_THINGS)
class Reader(Bearer):
    """Has a project, and tasks in it."""

    login = "CONTRACT_READER"


@schemathesis.auth(refresh_interval=REFRESH_SECONDS).skip_for(path_regex=OWN_THINGS)
class Staff(Bearer):
    """May write."""
