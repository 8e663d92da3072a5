"""The audit beside schemathesis, on an API of 402 operations with 54 seeded faults.

Schemathesis may take as long as the audit is promised to be faster. It needs a server for that, and
is asked for credentials that are ignored and for nothing else.
"""

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager

from tests.contract.tools import ROOT, Fault, python_tool

FASTER = 40
SETTINGS = "tests.contract.seeded_settings"
CONTRADICTIONS = {"AK301", "AK302", "AK303", "AK304"}
SERVE = """
from wsgiref.simple_server import make_server, WSGIRequestHandler
import django; django.setup()
from django.core.wsgi import get_wsgi_application
class Silent(WSGIRequestHandler):
    def log_message(self, *args): pass
server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Silent)
print(server.server_port, flush=True)
server.serve_forever()
"""


def compare(example, folder):
    """Return what each found, and in what time. Raises Fault."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": SETTINGS}
    found, seconds = audited(environment)
    if found != 54:
        raise Fault(f"the audit found {found} of 54 faults")
    document = folder / "seeded.yaml"
    python("-m", "django", "spectacular", "--file", document, environment=environment)
    allowed = FASTER * seconds
    failures, through = ignored_auth(document, environment, allowed)
    needed = through or allowed
    ratio = f"{'' if through else 'more than '}{needed / seconds:.0f} times"
    if needed < allowed:
        raise Fault(f"schemathesis took {ratio} as long as the audit, {FASTER} is promised")
    return f"54 of 54 in {seconds:.1f} s; schemathesis {failures} of 54, {ratio} as long"


def audited(environment):
    """Return how many of the faults the whole command finds, and its seconds."""
    since = time.perf_counter()
    report = python(
        "-m", "authkit.schema", "--format", "json", "--exit-zero", environment=environment
    )
    seconds = time.perf_counter() - since
    found = json.loads(report)["findings"]
    paths = {one["path"] for one in found if one["rule"] in CONTRADICTIONS}
    if any(not path.startswith("/seeded/") for path in paths):
        raise Fault("the audit found a fault where there is none")
    return len(paths), seconds


def ignored_auth(document, environment, seconds):
    """Return how many operations fail, and the seconds if it came to its end in time."""
    with served(environment) as url:
        since = time.perf_counter()
        said = subprocess.run(
            [
                *(str(python_tool("st")), "run", str(document), "--url", url),
                *("--checks", "ignored_auth", "--max-examples", "1", "--workers", "2"),
                *("--max-time", str(int(seconds) + 1), "--no-color"),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds * 2 + 60,
            check=False,
        ).stdout
        took = time.perf_counter() - since
    failures = {*re.findall(r"^_+ (\S+ /\S+) _+$", said, re.M)}
    return len(failures), took if took < seconds else None


@contextmanager
def served(environment):
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def python(*arguments, environment):
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Fault(done.stderr)
    return done.stdout
