"""Asking whether a caller may come in changes something.

## What it does

Reports what the code before the handler tried while it was asked: statements that write, mail,
connections to other machines, tasks, other programs. All of it was refused and nothing happened.

## Why is this bad?

Strangers can fill a table, send mail or keep another service busy without a credential. The gate is
also slow for everybody.

## Example

    class CountedPermission(BasePermission):
        def has_permission(self, request, view):
            Visit.objects.create(path=request.path)
            return True

## Use instead

Do it in the handler, after the caller was let in, or in a throttle.

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the operation and a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Rule, Severity
from authkit.schema.model.places import place_of


def look(truth: Truth) -> Iterator[Offence]:
    for judged in truth.judged:
        for attempt in judged.decision.attempts if judged.decision else ():
            yield Offence(place_of(judged), f"The code before the handler {attempt}.")


RULE = Rule("AK306", "anonymous-request-writes", Severity.WARNING, __doc__, look)
