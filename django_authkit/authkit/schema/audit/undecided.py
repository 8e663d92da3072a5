"""How much of a document may stay undecided, before its report is taken for an audit."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from authkit.schema.probe.tiers import Probe, Tier, UnsafeProbe
from authkit.schema.results.report import Report


class WrongLimit(ValueError):
    """The text is neither a number nor a percentage."""


@dataclass(frozen=True)
class Limit:
    """How many operations, or per cent of them, may be undecided or have no view."""

    number: float
    percent: bool

    @classmethod
    def of(cls, text: str) -> Limit:
        """Return the limit that *text* says, as 5 or 2.5%. Raises ``WrongLimit``."""
        if not re.fullmatch(r"\d+|\d+(\.\d+)?%", text):
            raise WrongLimit(f'"{text}" is neither a number nor a percentage')
        return cls(float(text.removesuffix("%")), text.endswith("%"))

    def __str__(self) -> str:
        return f"{self.number:g}{'%' if self.percent else ''}"

    def excess(self, report: Report) -> str:
        """Return why *report* is no audit, and what to type; "" within the limit."""
        total = len(report.operations)
        undecided = total - report.decided
        if undecided <= (self.number * total / 100 if self.percent else self.number):
            return ""
        share = Limit(math.ceil(100 * undecided / total), percent=True)
        return (
            f"{undecided:,} of {total:,} operations are undecided, more than "
            f"--max-undecided {self} allows. {_deeper(report)}--max-undecided {share} accepts that."
        )


#: Without an option: a report on less than half of the operations says little about the API.
HALF = Limit(50, percent=True)


def _deeper(report: Report) -> str:
    """Say what decides more, if the audit did not go as deep as it can."""
    if not report.context.tier or Tier[report.context.tier] >= Tier.T3:
        return "--param NAME=VALUE gives placeholders of paths a value that exists. "
    try:
        Probe(Tier.T3).resolved()
    except UnsafeProbe:
        return "--tier T3 --allow-any-database also asks the database, and writes nothing. "
    return "--tier T3 also asks the database, and writes nothing. "
