"""The clients in TypeScript that projects copy, against the example, in tabs and on sockets."""

import json
import re
import shutil
import time

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.contract.elsewhere import log_in, post
from tests.contract.tools import HERE, NODE_FOLDER, ROOT, node_tool, run
from tests.contract.verifiers.attacks import Forger

CLIENTS = ROOT / "docs" / "clients"
#: Pages whose TypeScript is written for it.
PAGES = ["clients.md", "second-factor-from-a-client.md", "streams.md", "websockets.md"]
TYPESCRIPT = re.compile(r"^```typescript\n(.*?)^```$", re.DOTALL | re.MULTILINE)
#: How many sessions the journey needs whose access tokens have expired.
EXPIRED = 4
HOUR = 3600


def use(example, folder):
    """Compile the clients and the pages with everything strict, and run the journeys."""
    work = folder / "copied"
    shutil.copytree(HERE / "copied", work)
    for client in CLIENTS.glob("*.ts"):
        shutil.copy(client, work)
    shutil.copy(HERE / "package.json", work)
    (work / "node_modules").symlink_to(NODE_FOLDER / "node_modules")
    for page in PAGES:
        shown = TYPESCRIPT.findall((ROOT / "docs" / "how-to" / page).read_text())
        (work / f"{page.removesuffix('.md')}.ts").write_text("\n".join(shown))
    run(node_tool("tsc"), folder=work)
    task = folder / "copied.json"
    task.write_text(json.dumps(task_of(example, folder)))
    run("node", work / "built" / "journey.js", task, limit=120)
    # Node.js has the WebSocket of browsers since version 22, and 20 has it with this option.
    run("node", "--experimental-websocket", work / "built" / "sockets.js", task, limit=120)
    return "compiled and travelled"


def task_of(example, folder):
    """Return what the journey is told."""
    key = load_pem_private_key((folder / "demo.pem").read_bytes(), None)
    ended, reused = log_in(example), expired(log_in(example), key)
    post(example, "token/revoke/", {"refresh": ended["refresh"]})
    newer = json.loads(post(example, "token/refresh/", {"refresh": reused["refresh"]}))
    post(example, "token/refresh/", {"refresh": newer["refresh"]})
    return {
        "url": example.url,
        "username": example.reader.username,
        "password": example.reader.password,
        "expired": [expired(log_in(example), key) for _ in range(EXPIRED)],
        "ended": ended,
        "reused": reused,
    }


def expired(pair, key):
    """Return the pair an hour after its log-in, and the session as it is."""
    then = int(time.time()) - HOUR
    access = Forger(pair["access"], key).signed(iat=then, exp=then + 300)
    return {"access": access, "refresh": pair["refresh"]}
