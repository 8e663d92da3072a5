"""The findings that a project starts with: a file that only gets shorter."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from authkit.schema.reporters.sentences import counted, listed
from authkit.schema.results.findings import Finding

VERSION = 1


class WrongBaseline(ValueError):
    """The file cannot be used; the message says why."""


@dataclass(frozen=True, order=True)
class BaselineEntry:
    """A finding by everything that stays the same from one run to the next."""

    path: str
    method: str
    view: str
    rule: str
    subject: str

    @classmethod
    def of(cls, finding: Finding) -> BaselineEntry:
        place = finding.place
        return cls(place.path, place.method, place.view, finding.rule.id, finding.subject)

    @property
    def label(self) -> str:
        where = f"{self.method.upper()} {self.path}" if self.path else "the document"
        return " ".join(filter(None, (self.rule, where, self.subject)))


KEYS = [one.name for one in fields(BaselineEntry)]


@dataclass(frozen=True)
class Baseline:
    """The findings that are known, each with the reason why it stays."""

    name: str
    reasons: Mapping[BaselineEntry, str]
    is_new: bool = field(default=False, compare=False)

    def reason(self, finding: Finding) -> str | None:
        """Return why *finding* stays, None if it is not known."""
        return self.reasons.get(BaselineEntry.of(finding))

    def notices(self, findings: Collection[Finding], rules: Collection[str]) -> Iterator[str]:
        """Say what was written, which entries are gone, and how many have no reason.

        A sentence for each, however many entries that concerns.
        """
        if self.is_new:
            written = counted(len(self.reasons), "entry is", "entries are")
            yield f"{self.name}: {written} written."
        found = {BaselineEntry.of(finding) for finding in findings}
        gone = [one for one in sorted(self.reasons) if one.rule in rules and one not in found]
        if gone:
            labels = listed([one.label for one in gone])
            number = counted(len(gone), "entry is", "entries are")
            yield f"{self.name}: {number} gone ({labels}); --update-baseline removes what is gone."
        unreasoned = sum(not self.reasons[one].strip() for one in self.reasons.keys() - {*gone})
        if unreasoned:
            number = counted(unreasoned, "entry has", "entries have")
            yield f"{self.name}: {number} no reason yet."

    def updated(self, findings: Iterable[Finding], rules: Collection[str]) -> Baseline:
        """Return a baseline of *findings*, with the reasons that were written already.

        Entries of rules that did not run stay.
        """
        others = {known: why for known, why in self.reasons.items() if known.rule not in rules}
        found = {BaselineEntry.of(finding) for finding in findings}
        reasons = others | {known: self.reasons.get(known, "") for known in found}
        return Baseline(self.name, reasons, is_new=True)


def read_baseline(name: str, rules: Collection[str], *, missing_ok: bool = False) -> Baseline:
    """Read a baseline that names only *rules*. Raises ``WrongBaseline``."""
    try:
        content = json.loads(Path(name).read_bytes())
    except FileNotFoundError:
        if missing_ok:
            return Baseline(name, {})
        raise WrongBaseline(f"{name} is not there; --update-baseline makes it.") from None
    except OSError as error:
        raise WrongBaseline(f"{name} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise WrongBaseline(f"{name} is no JSON: {error}.") from None
    return Baseline(name, dict(_entries(content, name, rules)))


def _entries(
    content: Any, name: str, rules: Collection[str]
) -> Iterator[tuple[BaselineEntry, str]]:
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise WrongBaseline(f"{name} is no baseline of version {VERSION}.")
    entries = content.get("findings")
    if not isinstance(entries, list):
        raise WrongBaseline(f"{name} holds no list of findings.")
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) or {*entry} != {*KEYS, "reason"}:
            keys = ", ".join([*KEYS, "reason"])
            raise WrongBaseline(f"{name}: entry {number} should have the keys {keys}.")
        if not all(isinstance(value, str) for value in entry.values()):
            raise WrongBaseline(f"{name}: entry {number} holds something that is no text.")
        if entry["rule"] not in rules:
            raise WrongBaseline(f'{name}: entry {number} names the unknown rule "{entry["rule"]}".')
        yield BaselineEntry(**{key: entry[key] for key in KEYS}), entry["reason"]


def write_baseline(baseline: Baseline) -> None:
    """Write the file, sorted, so that a diff shows what changed. Raises ``WrongBaseline``."""
    entries = [asdict(known) | {"reason": why} for known, why in sorted(baseline.reasons.items())]
    content = json.dumps({"version": VERSION, "findings": entries}, indent=2) + "\n"
    try:
        Path(baseline.name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise WrongBaseline(f"{baseline.name} cannot be written: {error.strerror}.") from None
