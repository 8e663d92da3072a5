"""The page of the documentation that keeps the results."""

from pathlib import Path

from tests.real_projects.verdicts import (
    BY_HANDLER,
    NOT_COMPARED,
    RIGHT,
    UNDECIDED,
    USUAL,
    WRONG,
    has_no_row,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "schema" / "real-projects.md"

HEAD = """\
# The audit on real projects

`make real-projects ARGS=--write-docs` wrote this page. It installs applications that other
people wrote, each with this package in an environment of its own, lets the audit decide about every
operation, and then sends each of them a real request without credentials, to a migrated SQLite
database with rows. The audits leave that database as it is, byte for byte. What an application
declares comes from a process of its own, without this package; the audited document says the same
of security. [The hook](hook.md) changes nothing in that document but security and what is
[documented beside it](hook.md#what-it-writes), and two processes write the same bytes.

Packages without a project of their own (adrf, apis-core-rdf, dj-rest-auth, django-oauth-toolkit,
djoser) stand in a host with settings as in production. apis-core-rdf makes its document with a
generator of its own.

"""

FOOT = """
- **decided**: of the operations that have a row to be asked about, if they want one. The others are
  **without a row**: the caller is shown none, and then nobody is asked about it.
- **right**: the state and the status of the refusal are what the live answer shows.
- **by the handler**: the permissions let everybody in, or would answer with another status, and the
  handler refuses by itself. Only tier T4 runs handlers, those of GET.
- **not compared**: the live answer is 404, a redirect or, about an object, a word about the body
  before the object was looked up. It says nothing about who may call.
- **untrue**: operations whose `security` in the document is not what the application does; each is
  reported, or undecided. The same with [the hook](hook.md), which goes no further than tier T1, and
  with the hook and a verdict file (`AUTHKIT["SCHEMA_VERDICTS"]`) that an audit at T3 wrote. It
  holds the **decisions** that the view alone does not lead to; one that holds none changes nothing.
- **false findings**: AK301, AK302 and AK303 that the live answer contradicts, in the document
  without and with the hook.
- **seconds**: of one processor, for one audit of a document that has been made.
"""

APPLICATIONS = (
    *("application", "operations", "untrue", "untrue with the hook"),
    *("untrue with a verdict file", "decisions in it", "right at T3"),
)
TIERS = (
    *("application", "tier", "decided", "without a row", RIGHT, WRONG, "by the handler"),
    *(NOT_COMPARED, "false findings", "seconds"),
)


def write(results):
    lines = [*summary(results), "", *by_tier(results), "", *notes(results)]
    PAGE.write_text(HEAD + "\n".join(lines) + "\n" + FOOT)


def summary(results):
    yield from table_head(APPLICATIONS)
    for result in results:
        if result.tier == USUAL:
            compared = len(result.operations) - result.count(UNDECIDED) - result.count(NOT_COMPARED)
            yield cells(
                f"{result.name} {result.versions[result.name]}",
                len(result.operations),
                result.untrue("declared"),
                result.untrue("declared_with_hook"),
                result.untrue("declared_with_verdicts"),
                result.written,
                f"{result.count(RIGHT)} of {compared}",
            )


def by_tier(results):
    yield from table_head(TIERS)
    for result in results:
        yield cells(
            result.name,
            result.tier,
            f"{result.decided_percent:.1f} %",
            sum(has_no_row(operation) for operation in result.operations),
            *(result.count(wanted) for wanted in (RIGHT, WRONG, BY_HANDLER, NOT_COMPARED)),
            result.false("findings", "findings_with_hook"),
            f"{result.seconds:.1f}",
        )


def notes(results):
    yield "With these versions:"
    yield ""
    for result in results:
        if result.tier == USUAL:
            named = ", ".join(f"{name} {version}" for name, version in result.versions.items())
            yield f"- {named}"
    reasons = [(r.name, r.tier, *reason) for r in results for reason in r.undecided]
    if reasons:
        yield ""
        yield from table_head(("application", "tier", "undecided", "reason"))
        yield from (cells(name, tier, n, f"`{text}`") for name, tier, text, n in reasons)


def table_head(names):
    yield cells(*names)
    yield cells(*("---" for _ in names))


def cells(*values):
    return f"| {' | '.join(str(value) for value in values)} |"
