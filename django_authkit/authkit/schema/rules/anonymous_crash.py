"""The check of an anonymous request raises an exception.

## What it does

Sends an anonymous request through the whole stack up to the handler (`--tier T2` and deeper), and
reports an exception that is not a refusal, with the permission or authenticator that raised it.
Operations that are decided all the same, by their permissions alone, are not reported.

## Why is this bad?

Any unauthenticated client can make the server answer 500. A permission that raises has not decided,
and code around it that catches too much may admit the caller.

## Example

    class IsMember(BasePermission):
        def has_permission(self, request, view):
            return request.user.member.active  # AnonymousUser has no member

## Use instead

    class IsMember(BasePermission):
        def has_permission(self, request, view):
            return request.user.is_authenticated and request.user.member.active

## References

- CWE-755: Improper Handling of Exceptional Conditions
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Tier
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.in_state(State.UNDECIDED):
        decision = audited.decision
        # Below T2 what a middleware puts on the request is missing, and that may be all.
        if decision and decision.crashed and not decision.attempts and decision.tier >= Tier.T2:
            message = f"The check of an anonymous request raises: {decision.reason}."
            yield Offence(audited.place, message)


RULE = Rule("AK305", "anonymous-crash", Severity.ERROR, __doc__, look)
