"""Schemathesis: credentials are not ignored, and every answer is one that is documented.

Of our own operations, all its checks: what fits the document is accepted, what does not is refused.
"""

import json
from collections import defaultdict

from tests.contract.tools import HERE, ROOT, Fault, python_tool, run

OURS = "/auth/"
#: What holds for the whole project. The others ask DRF's pagination and Django's 404, too.
CHECKS = ",".join(
    (
        "ignored_auth",
        "status_code_conformance",
        "response_schema_conformance",
        "not_a_server_error",
        "missing_required_header",
        "unsupported_method",
        "use_after_free",
    )
)
SECONDS = 45
#: A run that is refused everywhere finds nothing. Without a good credential no more than the few
#: public operations would succeed; how many others do depends on what the time is enough for.
LEAST_SUCCESSFUL = 20
LEAST_SUCCESSFUL_OF_OURS = 12


def check(example, folder):
    """Return what was tried. Raises Fault with the report of schemathesis."""
    whole = _run(example, folder, "--checks", CHECKS)
    ours = _run(example, folder, "--checks", "all", "--include-path-regex", OURS)
    return f"{tell(whole, LEAST_SUCCESSFUL)}; of ours {tell(ours, LEAST_SUCCESSFUL_OF_OURS)}"


def _run(example, folder, *options):
    events = folder / "events.ndjson"
    run(
        python_tool("st"),
        *("--config-file", HERE / "schemathesis.toml"),
        "run",
        example.document,
        *("--url", example.url),
        *("--max-time", SECONDS),
        # Python 3.11 compiles in one thread at a time: two at once end in "SystemError: AST
        # constructor recursion depth mismatch" now and then.
        *("--workers", 1),
        *("--seed", 1),
        *("--report", "ndjson", "--report-ndjson-path", events),
        *options,
        limit=SECONDS * 3,
        folder=folder,
        PYTHONPATH=str(ROOT),
        SCHEMATHESIS_HOOKS="tests.contract.credentials",
        **example.environment,
    )
    return statuses_by_operation(events)


def statuses_by_operation(events):
    found = defaultdict(set)
    for line in events.read_text().splitlines():
        finished = json.loads(line).get("ScenarioFinished", {})
        for label, status in interactions(finished.get("recorder", {})):
            found[label].add(status)
    return found


def interactions(recorder):
    """Yield operation and status; chains of several operations are left out."""
    for interaction in recorder.get("interactions", {}).values():
        if "/" in recorder["label"] and interaction.get("response"):
            yield recorder["label"], interaction["response"]["status_code"]


def tell(found, least):
    successful = sum(any(200 <= status < 300 for status in statuses) for statuses in found.values())
    text = f"{len(found)} operations, {successful} of them with a success"
    if successful < least:
        raise Fault(f"{text}: that is too few to say anything")
    return text
