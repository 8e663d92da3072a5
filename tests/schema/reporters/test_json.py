from __future__ import annotations

import json
from dataclasses import replace

from authkit.schema.model.audited_schema import Place
from authkit.schema.reporters.as_json import render

from tests.schema.reporters.reports import FAILED, FINDINGS, LOGIN, OPEN, finding, report


def test_carries_a_version_and_all_of_the_report():
    place = {"method": "post", "path": "/login/", "view": "shop.views.LoginView"}
    assert json.loads(render(report([FINDINGS[1], FINDINGS[3]]))) == {
        "version": 1,
        "context": {
            "file": None,
            "urlconf": "shop.urls",
            "settings": "shop.settings",
            "debug": True,
            "tier": "T2",
        },
        "coverage": {
            "operations": 4,
            "decided": 2,
            "undecided": [
                {
                    "method": "get",
                    "path": "/broken/",
                    "view": "shop.views.BrokenView",
                    "reason": "ValueError: no <tenant>",
                }
            ],
            "unmapped": [{"method": "get", "path": "/gone/", "view": None}],
        },
        "failure": None,
        "remedy": None,
        "findings": [
            {
                "rule": "AK301",
                "name": "declared-secured-but-open",
                "severity": "error",
                **place,
                "subject": None,
                "message": OPEN,
                "suggestion": "permission_classes = [AllowAny]",
                "file": "shop/my views.py",
                "line": 7,
            }
        ],
        "exempted": [
            {
                "rule": "AK103",
                "name": "duplicate-requirement",
                "severity": "note",
                "method": "get",
                "path": "/reports/",
                "view": "shop.views.ReportView",
                "subject": None,
                "message": "1 of 2 requirements are repetitions.",
                "suggestion": None,
                "file": "shop/my views.py",
                "line": 7,
                "reason": "the <gateway> does it",
            }
        ],
        "operations": [
            {
                **place,
                "state": "public",
                "declared": "secured",
                "required": [["jwtAuth"]],
                "accepted": [],
            },
            {
                "method": "get",
                "path": "/reports/",
                "view": "shop.views.ReportView",
                "state": "secured",
                "declared": "secured",
                "required": [["jwtAuth"]],
                "accepted": [["apiKey", "jwtAuth"]],
            },
            {
                "method": "get",
                "path": "/broken/",
                "view": "shop.views.BrokenView",
                "state": "undecided",
                "declared": "secured",
                "required": [["jwtAuth"]],
                "accepted": [],
            },
            {
                "method": "get",
                "path": "/gone/",
                "view": None,
                "state": None,
                "declared": "public",
                "required": [],
                "accepted": [],
            },
        ],
        "notices": ['AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"][1] exempts nothing: remove it.'],
    }


def test_a_finding_about_the_document_has_no_place():
    (found,) = json.loads(render(report(FINDINGS[:1])))["findings"]
    assert (found["method"], found["path"], found["view"]) == (None, None, None)
    assert (found["file"], found["line"], found["subject"]) == (None, None, "null")
    assert LOGIN.label not in found["message"]


def test_equal_findings_are_all_there():
    many = [finding("AK401", Place(f"/{n}/", "get"), "Not documented.") for n in range(20)]
    assert len(json.loads(render(report(many)))["findings"]) == 20


def test_says_what_ends_most():
    remedied = replace(report(), remedy="The hook ends 2 of these: ...")
    assert json.loads(render(remedied))["remedy"] == "The hook ends 2 of these: ..."


def test_a_failure_is_said():
    assert json.loads(render(FAILED))["failure"] == FAILED.failure
