from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace

import jsonschema
import pytest
from authkit.schema.reporters.as_sarif import render
from authkit.schema.results.report import Location

from tests.schema.reporters.reports import CLEAN, FAILED, FINDINGS, report

TEXT = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def closed(required, **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def listed(items):
    return {"type": "array", "items": items}


NOTIFICATION = closed(["message"], level=LEVEL, message=TEXT)

#: What SARIF 2.1.0 says of the properties that we write, and nothing else is let in.
SARIF = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}},
    runs=listed(
        closed(
            ["tool", "results"],
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            tool=closed(
                ["driver"],
                driver=closed(
                    ["name"],
                    name={"type": "string"},
                    rules=listed(
                        closed(
                            ["id"],
                            id={"type": "string"},
                            name={"type": "string"},
                            shortDescription=TEXT,
                            fullDescription=TEXT,
                            help=TEXT,
                            defaultConfiguration=closed([], level=LEVEL),
                            properties=closed([], tags=listed({"type": "string"})),
                        )
                    ),
                ),
            ),
            invocations=listed(
                closed(
                    ["executionSuccessful"],
                    executionSuccessful={"type": "boolean"},
                    toolExecutionNotifications=listed(
                        closed(["message"], level=LEVEL, message=TEXT)
                    ),
                )
            ),
            results=listed(
                closed(
                    ["message"],
                    ruleId={"type": "string"},
                    ruleIndex={"type": "integer", "minimum": 0},
                    level=LEVEL,
                    message=TEXT,
                    partialFingerprints={"additionalProperties": {"type": "string"}},
                    locations=listed(
                        closed(
                            [],
                            physicalLocation=closed(
                                ["artifactLocation"],
                                artifactLocation=closed(
                                    [], uri={"type": "string"}, uriBaseId={"type": "string"}
                                ),
                                region=closed([], startLine={"type": "integer", "minimum": 1}),
                            ),
                            logicalLocations=listed(
                                closed(
                                    [],
                                    fullyQualifiedName={"type": "string"},
                                    kind={"type": "string"},
                                )
                            ),
                        )
                    ),
                    suppressions=listed(
                        closed(
                            ["kind"],
                            kind={"enum": ["inSource", "external"]},
                            justification={"type": "string"},
                        )
                    ),
                )
            ),
        )
    ),
)


def run_of(rendered):
    return json.loads(rendered)["runs"][0]


@pytest.mark.parametrize("of", [report(), CLEAN, FAILED], ids=["findings", "clean", "failed"])
def test_follows_the_schema(of):
    jsonschema.validate(json.loads(render(of)), SARIF)


def test_the_schema_of_this_test_notices_a_property_that_does_not_exist():
    wrong = json.loads(render(report()))
    wrong["runs"][0]["results"][0]["rule"] = "AK301"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SARIF)


def test_a_result_leads_to_its_rule_and_its_line():
    run = run_of(render(report()))
    found = next(one for one in run["results"] if one["ruleId"] == "AK301")
    rule = run["tool"]["driver"]["rules"][found["ruleIndex"]]
    assert (rule["id"], rule["name"]) == ("AK301", "DeclaredSecuredButOpen")
    assert rule["help"]["text"].startswith("The document requires a credential")
    assert found["level"] == "error"
    assert found["message"]["text"].startswith("POST /login/: The document")
    assert found["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "shop/my%20views.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }


def test_exempted_findings_are_suppressed_with_their_reason():
    suppressed = [one for one in run_of(render(report()))["results"] if "suppressions" in one]
    assert [one["ruleId"] for one in suppressed] == ["AK103"]
    assert suppressed[0]["suppressions"][0]["justification"] == "the <gateway> does it"


def test_says_what_was_not_seen():
    (invocation,) = run_of(render(report()))["invocations"]
    said = [one["message"]["text"] for one in invocation["toolExecutionNotifications"]]
    assert said[1:] == [
        "GET /broken/: undecided, ValueError: no <tenant>",
        "GET /gone/: unmapped, no view serves it",
        "4 operations: 2 decided, 1 undecided, 1 unmapped.",
    ]


def test_a_fingerprint_stays_when_the_message_and_the_line_change():
    before = run_of(render(report(FINDINGS[1:2])))["results"][0]
    changed = deepcopy(FINDINGS[1])
    object.__setattr__(changed, "message", "Said in other words.")
    after = run_of(render(report([changed])))["results"][0]
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert before["message"] != after["message"]


def test_a_failure_is_no_success():
    run = run_of(render(FAILED))
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    notification = invocation["toolExecutionNotifications"][0]
    assert (notification["level"], notification["message"]["text"]) == ("error", FAILED.failure)
    assert run["results"] == []


def test_a_file_outside_of_the_repository_is_not_below_its_root():
    outside = replace(report(), locate=lambda finding: Location("/etc/my openapi.yml", 3))
    found = run_of(render(outside))["results"][0]["locations"][0]["physicalLocation"]
    assert found["artifactLocation"] == {"uri": "file:///etc/my%20openapi.yml"}
