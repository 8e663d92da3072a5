"""The findings by weight: one line for each cause, and behind it what it concerns, by view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from authkit.schema.model.audited_schema import Place
from authkit.schema.reporters.html.markup import NO_VIEW, code, coloured, operation, prose
from authkit.schema.reporters.sentences import where
from authkit.schema.results.causes import Cause, by_cause
from authkit.schema.results.findings import Finding
from authkit.schema.results.report import Report


class Causes:
    """The causes of a report, each with a fragment of the page to link to."""

    def __init__(self, report: Report) -> None:
        self.report = report
        # Folded whatever the report says: all operations are on the page.
        self.named = {
            f"cause-{number}": cause
            for number, cause in enumerate(by_cause(report.findings), start=1)
        }
        self.by_place: dict[Place, dict[str, Cause]] = {}
        for name, cause in self.named.items():
            for finding in cause.findings:
                self.by_place.setdefault(finding.place, {})[name] = cause

    def links(self, place: Place) -> str:
        """Return links to what was found about an operation."""
        return " ".join(
            f'<a class="{cause.severity.label}" href="#{name}">{cause.rule.id}</a>'
            for name, cause in self.by_place.get(place, {}).items()
        )

    def render(self) -> Iterator[str]:
        for name, cause in self.named.items():
            yield from self._cause(name, cause)

    def _cause(self, name: str, cause: Cause) -> Iterator[str]:
        label = cause.severity.label
        yield (
            f'<details class="cause" id="{name}"><summary><b class="{label}">{label}</b> '
            f"{code(where(cause))} {cause.rule.id} {cause.rule.name}: {prose(cause.first.message)}"
            "</summary>"
        )
        yield f'<p class="dim">{prose(cause.rule.summary)}</p>'
        if cause.first.suggestion:
            yield f"<pre>{code(cause.first.suggestion)}</pre>"
        yield f'<ul class="places">{"".join(self._places(cause.findings))}</ul></details>'

    def _places(self, findings: Iterable[Finding]) -> Iterator[str]:
        views: dict[str, list[Finding]] = {}
        for finding in findings:
            views.setdefault(finding.place.view, []).append(finding)
        for view, found in views.items():
            location = self.report.locate(found[0])
            head = [code(view or NO_VIEW)] if found[0].place.path else []
            head += [coloured(str(location), "dim")] if location else []
            lines = [" ".join(head)] if head else []
            lines += [operation(finding.place) for finding in found]
            yield f"<li>{'<br>'.join(lines)}</li>"
