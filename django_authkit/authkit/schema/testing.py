"""The audit as one line of a test suite."""

from __future__ import annotations

from collections.abc import Iterable

from authkit.schema.audit.run import audit, choose_rules
from authkit.schema.audit.undecided import HALF, Limit
from authkit.schema.model.source import NothingDecided, Source
from authkit.schema.reporters.as_text import render
from authkit.schema.results.findings import Severity


def assert_schema_is_true(
    *,
    urlconf: str | None = None,
    api_version: str | None = None,
    schema: str | None = None,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] | None = None,
    baseline: str | None = None,
    fail_level: str = "error",
    max_undecided: str = str(HALF),
    verbose: bool = False,
) -> None:
    """Audit the project, and fail the test with the report if something is found.

    The arguments are the options of ``manage.py authkit_audit_schema``; ``schema`` is the name of
    a committed file. Raises ``AssertionError``; ``SchemaNotMade`` if there is no schema, or
    nothing in it could be decided, and ``WrongUsage``, both of ``authkit.schema.model.source``.
    """
    __tracebackhide__ = True  # pytest then shows the line of the test, and the report
    report = audit(
        Source(urlconf=urlconf, api_version=api_version, file=schema),
        rules=choose_rules(select, ignore),
        baseline=baseline,
    )
    if report.failure:
        raise NothingDecided(report.failure)
    excess = Limit.of(max_undecided).excess(report)
    if excess:
        raise AssertionError(f"Too little is known of the schema. {excess}\n\n{render(report)}")
    if report.reaches(Severity[fail_level.upper()]):
        shown = report.unfolded() if verbose else report
        raise AssertionError(f"The schema is not true.\n\n{render(shown)}")
