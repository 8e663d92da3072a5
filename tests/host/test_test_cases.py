"""A project with ATOMIC_REQUESTS runs its own tests, in a process of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.user_names

#: How many tests there are in a class of each file.
REFUSALS, CODES, JOURNEYS, DOCUMENT = 7, 10, 10, 3

QUICK_JOURNEYS = ["InATestCase", "OverHTTP"]
OTHER_JOURNEYS = ["InATransactionTestCase", "InATestCaseOfREST"]
OTHER_JOURNEYS += ["InATransactionTestCaseOfREST", "OverHTTPOfREST"]


def run(settings, *labels):
    """Run tests as ``manage.py test`` does, and return how many there were."""
    command = f"-W error -m django test --noinput --settings tests.host.{settings}"
    child = subprocess.run(
        [sys.executable, *command.split(), *(f"tests.host.{label}" for label in labels)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-5_000:]
    return int(re.search(r"Ran (\d+) tests ", child.stderr)[1])


def journeys(classes):
    return [f"journey_cases.Journeys{name}" for name in classes]


def test_refusals_leave_a_transaction_usable_and_the_document_is_true():
    tests = run("settings", "cases", "code_cases", "document_cases")
    assert tests == 6 * REFUSALS + 2 * CODES + DOCUMENT


@pytest.mark.addresses
@pytest.mark.slow
def test_users_of_a_project_go_all_the_way():
    tests = run("settings", *journeys(QUICK_JOURNEYS))
    assert tests == len(QUICK_JOURNEYS) * JOURNEYS


@pytest.mark.addresses
@pytest.mark.slow
def test_users_go_all_the_way_in_each_other_test_case():
    tests = run("settings", *journeys(OTHER_JOURNEYS))
    assert tests == len(OTHER_JOURNEYS) * JOURNEYS


@pytest.mark.addresses
@pytest.mark.slow
def test_users_go_all_the_way_with_standardized_errors():
    tests = run("standardized", "code_cases", *journeys(QUICK_JOURNEYS))
    assert tests == 2 * CODES + len(QUICK_JOURNEYS) * JOURNEYS


@pytest.mark.slow
def test_the_document_is_true_with_standardized_errors():
    assert run("standardized", "document_cases") == DOCUMENT
