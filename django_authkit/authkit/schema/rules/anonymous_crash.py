"""The view's gate fails when an anonymous caller knocks.

## What it does

Sends an anonymous request through the whole stack up to the handler (`--tier T2` and deeper), and
reports an exception that is no refusal, with the permission or authenticator that raised it.

## Why is this bad?

Strangers can make the server answer 500. A permission that fails has not decided, and code around
it that catches too much may let the caller in.

## Example

    class IsMember(BasePermission):
        def has_permission(self, request, view):
            return request.user.member.active       # AnonymousUser has no member

## Use instead

    class IsMember(BasePermission):
        def has_permission(self, request, view):
            return request.user.is_authenticated and request.user.member.active

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the operation and a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Rule, Severity
from authkit.schema.model.places import in_state, place_of
from authkit.schema.probe.decide import State
from authkit.schema.probe.tiers import Tier


def look(truth: Truth) -> Iterator[Offence]:
    for judged in in_state(truth, State.UNDECIDED):
        decision = judged.decision
        # Below T2 what a middleware puts on the request is missing, and that may be all.
        if decision and decision.crashed and not decision.attempts and decision.tier >= Tier.T2:
            yield Offence(place_of(judged), f"The gate fails: {decision.reason}.")


RULE = Rule("AK305", "anonymous-crash", Severity.ERROR, __doc__, look)
