"""The recipe of Python, over the tokens of a file: `python judge.py FILE`."""

import json
import sys
from pathlib import Path

import jwt
from verify import Verifier, introspect

task = json.loads(Path(sys.argv[1]).read_text())
verifier = Verifier(task["jwks"], issuer=task["issuer"], audience=task["audience"])


def judge(token):
    """Return whether it is accepted. Other errors than these would be a crash of the service."""
    try:
        verifier.claims(token)
    except jwt.PyJWKClientConnectionError:
        raise
    except jwt.PyJWTError:
        return False
    return True


wrong = [name for name, token in task["accepted"].items() if not judge(token)]
wrong += [name for name, token in task["refused"].items() if judge(token)]
assert not wrong, wrong

for token, active in task["introspected"]:
    assert introspect(task["introspect"], task["service_key"], token)["active"] is active
