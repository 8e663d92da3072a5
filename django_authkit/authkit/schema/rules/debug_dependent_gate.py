"""Access depends on `DEBUG`.

## What it does

Probes each view that reads `DEBUG` a second time, with `DEBUG` inverted, and reports different
decisions. What was decided when a module was imported cannot be seen.

## Why is this bad?

The access control that was tested is not the one in production. A copy of the settings with
`DEBUG = True` opens the view.

## Example

    class ReportView(APIView):
        def get_permissions(self):
            return [AllowAny()] if settings.DEBUG else [IsAuthenticated()]

## Use instead

    class ReportView(APIView):
        permission_classes = [IsAuthenticated]

## References

- CWE-489: Active Debug Code
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.test.utils import override_settings

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.probe.decision import State
from authkit.schema.probe.prober import access_prober
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    found = [
        (audited, audited.source, audited.decision)
        for audited in schema.operations
        if audited.source and audited.decision and audited.decision.reads_debug
    ]
    if not found:
        return
    with access_prober(Probe(Tier.T1), ()) as asked:
        with override_settings(DEBUG=not settings.DEBUG):
            other = [asked.decide(source).state for _, source, _ in found]
        for (audited, source, decision), changed in zip(found, other, strict=True):
            if decision.state is changed or changed is State.UNDECIDED:
                continue
            # Decided at another tier, perhaps: what counts is the same question.
            state = asked.decide(source).state
            if state not in (changed, State.UNDECIDED):
                message = f"The view is {state.value}, and {changed.value} with the other DEBUG."
                yield Offence(audited.place, message)


RULE = Rule("AK309", "debug-dependent-gate", Severity.WARNING, __doc__, look)
