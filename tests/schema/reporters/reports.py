"""A report with something of everything, for the tests of the formats."""

from __future__ import annotations

from authkit.schema.audit.suppressions import exempt
from authkit.schema.model.audited_schema import Place
from authkit.schema.openapi.document import Declared
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Finding, Severity
from authkit.schema.results.report import Access, Context, Location, Report
from authkit.schema.rules import find_rule

LOGIN = Place("/login/", "post", "shop.views.LoginView")
REPORTS = Place("/reports/", "get", "shop.views.ReportView")
BROKEN = Place("/broken/", "get", "shop.views.BrokenView")
GONE = Place("/gone/", "get")
JWT = (("jwtAuth",),)
OPEN = "The document requires a credential, and the view admits anonymous callers."


class Suppressions:
    """Exempts what is found about /reports/."""

    def reason(self, finding):
        return "the <gateway> does it" if finding.place == REPORTS else None

    def notices(self, findings, rules):
        yield 'AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"][1] exempts nothing: remove it.'


def finding(rule, place, message, **more):
    rule = find_rule(rule)
    return Finding(rule, place, message, more.pop("severity", rule.severity), **more)


FINDINGS = (
    finding("AK105", Place(), "null is not | a requirement.", subject="null"),
    finding("AK301", LOGIN, OPEN, suggestion="permission_classes = [AllowAny]"),
    finding("AK401", LOGIN, "100% <b>undocumented</b>, it is.\nReally."),
    finding("AK103", REPORTS, "1 of 2 requirements are repetitions.", severity=Severity.NOTE),
)
OPERATIONS = (
    Access(LOGIN, Declared.SECURED, JWT, State.PUBLIC),
    Access(REPORTS, Declared.SECURED, JWT, State.SECURED, (("apiKey", "jwtAuth"),)),
    Access(BROKEN, Declared.SECURED, JWT, State.UNDECIDED, reason="ValueError: no <tenant>"),
    Access(GONE, Declared.PUBLIC, ()),
)


def located(one):
    return Location("shop/my views.py", 7) if one.place.view else None


SUPPRESSIONS = (Suppressions(),)


def report(findings=FINDINGS, suppressions=SUPPRESSIONS, file=""):
    context = Context("shop.settings", True, "shop.urls", file, "T2")
    return exempt(
        Report(tuple(findings), OPERATIONS, context=context, locate=located), suppressions
    )


CLEAN = Report((), OPERATIONS[1:2])

#: There was no document to audit.
FAILED = Report((), (), failure="No schema to audit: <it> | could not be made.")
