"""Findings that stay, with the reason: the entries of ``AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from authkit.schema.results.findings import Finding

SETTING = 'AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]'
OPERATION = re.compile(r"(\*|[A-Z]+) \S+")


class WrongExemption(ValueError):
    """An entry cannot be understood; the message says which, and what is wrong with it."""


@dataclass(frozen=True)
class Exemption:
    """An entry: the rule, what it is not to report, and why.

    ``operation``, ``view`` and ``subject`` may hold ``*``; what is left out matches everything.
    ``until`` is the last day on which the entry counts.
    """

    rule: str
    reason: str
    operation: str = "*"
    view: str = "*"
    subject: str = "*"
    until: date | None = None

    def covers(self, finding: Finding) -> bool:
        return (
            self.rule == finding.rule.id
            and fnmatchcase(f"{finding.place.method.upper()} {finding.place.path}", self.operation)
            and fnmatchcase(finding.place.view, self.view)
            and fnmatchcase(finding.subject, self.subject)
        )

    def has_expired(self, today: date) -> bool:
        return self.until is not None and self.until < today


KEYS = [field.name for field in fields(Exemption)]


def read_exemptions(entries: Any, rules: Collection[str] | None = None) -> tuple[Exemption, ...]:
    """Return the entries of the setting, which name only *rules*. Raises ``WrongExemption``."""
    if not isinstance(entries, list | tuple):
        raise WrongExemption(f"{SETTING} should be a list of dicts.")
    read = tuple(_read(entry, f"{SETTING}[{at}]") for at, entry in enumerate(entries))
    for at, entry in enumerate(read):
        if rules is not None and entry.rule not in rules:
            raise WrongExemption(f'{SETTING}[{at}] names the unknown rule "{entry.rule}".')
    return read


def _read(entry: Any, at: str) -> Exemption:
    if not isinstance(entry, Mapping):
        raise WrongExemption(f"{at} should be a dict.")
    for key in entry:
        if key not in KEYS:
            raise WrongExemption(f'{at} has the unknown key "{key}"; known are {", ".join(KEYS)}.')
    for key in ("rule", "reason"):
        if not str(entry.get(key, "")).strip():
            raise WrongExemption(f"{at} has no {key}.")
    if not OPERATION.fullmatch(str(entry.get("operation", "* *"))):
        raise WrongExemption(f'{at}: an operation is written as "POST /path/".')
    texts = {key: str(value) for key, value in entry.items() if key != "until"}
    return Exemption(**texts, until=_date(entry.get("until"), at))


def _date(value: Any, at: str) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise WrongExemption(f'{at}: until is written as "2030-12-31".') from None


@dataclass(frozen=True)
class Exemptions:
    """The entries of the setting, on one day."""

    entries: tuple[Exemption, ...]
    today: date

    def reason(self, finding: Finding) -> str | None:
        """Return why *finding* stays, None if no entry says so."""
        covering = (entry for entry in self.entries if entry.covers(finding))
        return next((one.reason for one in covering if not one.has_expired(self.today)), None)

    def notices(self, findings: Collection[Finding], rules: Collection[str]) -> Iterator[str]:
        """Yield a sentence about each entry that has expired, or exempts nothing."""
        for number, entry in enumerate(self.entries):
            about = f"{SETTING}[{number}] ({entry.rule}: {entry.reason})"
            if entry.has_expired(self.today):
                yield f"{about} has expired on {entry.until}."
            elif entry.rule in rules and not any(map(entry.covers, findings)):
                yield f"{about} exempts nothing: remove it."
