"""Other services verify the example's tokens: the recipes of the documentation, under attack."""

import json
import re
import shutil
from urllib.request import Request, urlopen

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.contract.tools import HERE, NODE_FOLDER, Fault, node_tool, python_tool, run
from tests.contract.verifiers.attacks import Forger, accepted, refused

VERIFIERS = HERE / "verifiers"
#: As the settings of the example have them.
ISSUER = "https://library.example"
AUDIENCE = "https://library.example/api"
API_KEY = re.compile(r"\S+_[A-Za-z0-9]{8}_[A-Za-z0-9]{38}")


def verify(example, folder):
    """Run both recipes over the same tokens."""
    task = folder / "tokens.json"
    tokens = tokens_of(example, folder)
    task.write_text(json.dumps(tokens))
    run(python_tool("python"), VERIFIERS / "judge.py", task)
    run("node", compiled(folder) / "judge.js", task)
    return f"{len(tokens['refused'])} tokens refused, {len(tokens['accepted'])} accepted, by each"


def compiled(folder):
    work = folder / "verifiers"
    shutil.copytree(VERIFIERS, work)
    (work / "node_modules").symlink_to(NODE_FOLDER / "node_modules")
    shutil.copy(HERE / "package.json", work)
    run(node_tool("tsc"), folder=work)
    return work / "built"


def tokens_of(example, folder):
    """Return what the recipes are told. One session has been logged out, which only the issuer
    knows."""
    kept, ended = log_in(example), log_in(example)
    post(example, "token/revoke/", {"refresh": ended["refresh"]})
    key = load_pem_private_key((folder / "demo.pem").read_bytes(), None)
    forger = Forger(kept["access"], key)
    return {
        "jwks": f"{example.url}/.well-known/jwks.json",
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "accepted": {
            "of a session": kept["access"],
            "of a session that has ended": ended["access"],
            **accepted(forger),
        },
        "refused": refused(forger, kept["refresh"]),
        "introspect": f"{example.url}/api/v1/auth/token/introspect/",
        "service_key": service_key(folder),
        "introspected": [
            [kept["access"], True],
            [ended["access"], False],
            [kept["refresh"], False],
            [forger.signed(sid=None), False],
        ],
    }


def log_in(example):
    body = {"username": example.reader.username, "password": example.reader.password}
    return json.loads(post(example, "token/", body))


def post(example, path, body):
    url, content = f"{example.url}/api/v1/auth/{path}", json.dumps(body).encode()
    with urlopen(Request(url, content, {"Content-Type": "application/json"})) as answer:
        return answer.read()


def service_key(folder):
    """Make a key that may introspect, as an administrator does."""
    printed = run(
        *(python_tool("python"), "manage.py", "authkit_create_api_key", "inventory"),
        *("--scope", "authkit:introspect"),
        EXAMPLE_SQLITE_PATH=str(folder / "example.sqlite3"),
    )
    found = API_KEY.search(printed)
    if not found:
        raise Fault(printed)
    return found[0]
