"""Schemathesis: credentials are not ignored, and every answer is one that is documented."""

import json
from collections import defaultdict

from tests.contract.tools import ROOT, Fault, python_tool, run

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
SECONDS = 60
#: A run that is refused everywhere finds nothing. Without a good credential no more than the few
#: public operations would succeed; how many others do depends on what the time is enough for.
LEAST_SUCCESSFUL = 20


def check(example, folder):
    """Return what was tried. Raises Fault with the report of schemathesis."""
    events = folder / "events.ndjson"
    run(
        python_tool("st"),
        "run",
        example.document,
        *("--url", example.url),
        *("--checks", CHECKS),
        *("--max-time", SECONDS),
        *("--workers", 2),
        *("--seed", 1),
        *("--report", "ndjson", "--report-ndjson-path", events),
        limit=SECONDS * 3,
        folder=folder,
        PYTHONPATH=str(ROOT),
        SCHEMATHESIS_HOOKS="tests.contract.credentials",
        **example.environment,
    )
    return tell(statuses_by_operation(events))


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


def tell(found):
    successful = sum(any(200 <= status < 300 for status in statuses) for statuses in found.values())
    text = f"{len(found)} operations, {successful} of them with a success"
    if successful < LEAST_SUCCESSFUL:
        raise Fault(f"{text}: that is too few to say anything")
    return text
