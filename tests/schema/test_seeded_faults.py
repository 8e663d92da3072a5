"""Every fault that was put into an API of 402 operations is found, and nothing else."""

from __future__ import annotations

import pytest
from authkit.schema.audit.run import audit
from authkit.schema.model.source import Source
from authkit.schema.probe.tiers import Probe, Tier
from django.test import Client
from drf_spectacular.settings import patched_settings

from tests.schema.documents import HOOK
from tests.schema.projects.seeded_api import CLOSED, FAULTS, OPEN, OPERATIONS

SOURCE = Source(urlconf="tests.schema.projects.seeded_api")
CONTRADICTIONS = {"AK301", "AK302", "AK303", "AK304"}

# T2 opens a transaction.
pytestmark = pytest.mark.django_db


def contradictions(report):
    return {one.place.path for one in report.findings if one.rule.id in CONTRADICTIONS}


def seeded(tier, hooks=()):
    with patched_settings({"POSTPROCESSING_HOOKS": list(hooks)}):
        return audit(SOURCE, probe=Probe(tier))


def test_there_are_fifty_four_of_the_two_kinds():
    kinds = [name in OPEN for name in FAULTS.values()]
    assert (len(kinds), kinds.count(True), kinds.count(False)) == (54, 12, 42)


@pytest.mark.parametrize("tier", [Tier.T1, Tier.T2, Tier.T3], ids=lambda tier: tier.label)
def test_each_is_found_and_nothing_else(tier):
    report = seeded(tier)
    assert (report.decided, len(report.operations)) == (OPERATIONS, OPERATIONS)
    assert contradictions(report) == {*FAULTS}


def test_each_kind_is_found_by_the_rule_for_it():
    rules = {name: set() for name in (*OPEN, *CLOSED)}
    for one in seeded(Tier.T1).findings:
        if one.rule.id in CONTRADICTIONS:
            rules[FAULTS[one.place.path]].add(one.rule.id)
    assert all(rules[name] == {"AK301"} for name in OPEN)
    assert rules["AllowAny beside something stricter"] == {"AK303"}
    assert rules["an endpoint that no caller can call"] >= {"AK304"}
    assert {"AK302"} <= rules["auth=[] left on a protected view"]


def test_the_hook_leaves_only_what_it_can_write_nothing_about():
    left = {FAULTS[path] for path in contradictions(seeded(Tier.T2, hooks=[HOOK]))}
    assert left == {
        "an endpoint that no caller can call",
        "an authenticator that nothing describes",
    }


@pytest.mark.urls("tests.schema.projects.seeded_api")
def test_the_server_does_what_the_faults_are_called_after():
    for path, name in FAULTS.items():
        refused = Client().get(path).status_code in (401, 403)
        assert refused is (name in CLOSED), name
