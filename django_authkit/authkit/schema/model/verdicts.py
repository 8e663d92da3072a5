"""What an audit found out and the hook cannot: a committed file of decisions about operations.

The hook asks views alone (T1). What a middleware, a decorator or a row decides, an audit at a
deeper tier knows; it writes that down, and the hook believes it as long as the view, asked alone,
says what it said then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema, described
from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.probe.decision import NOTHING, Decision, Offer, State
from authkit.schema.probe.tiers import Tier
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.schemes.describer import Alternative, Describer

VERSION = 1

Key = tuple[str, str, str]


class WrongVerdicts(ValueError):
    """The file cannot be used; the message says why."""


@dataclass(frozen=True, order=True)
class Written:
    """A decision as it stands in the file, with the classes of what is accepted by their names.

    ``alone`` is the state that the permissions of the view alone came to.
    """

    path: str
    method: str
    view: str
    alone: str
    state: str
    refusal: int | None
    accepted: list[list[str]]
    tier: str

    def decision(self, alone: Decision) -> Decision | None:
        """Return what was decided, None if the view has changed since."""
        if alone.of_permissions.value != self.alone:
            return None
        accepted = [_named(names, alone.offered) for names in self.accepted]
        if None in accepted:
            return None
        return replace(
            alone,
            state=State(self.state),
            alternatives=tuple(one for one in accepted if one is not None),
            refusal=self.refusal,
            reason=f"an audit at {self.tier} decided",
            tier=Tier[self.tier],
            crashed=False,
            admitted=None,
        )


def _named(names: list[str], offered: Offer) -> Alternative | None:
    by_name = {dotted(type(one)): one for one in (*offered.authenticators, *offered.keys)}
    return tuple(by_name[name] for name in names) if by_name.keys() >= {*names} else None


def _key(audited: AuditedOperation) -> Key:
    return audited.path, audited.method, audited.source.view_name if audited.source else ""


def read_verdicts(name: str | PathLike[str]) -> Mapping[Key, Written]:
    """Return the decisions in the file, by path, method and view. Raises ``WrongVerdicts``."""
    try:
        content = json.loads(Path(name).read_bytes())
    except OSError as error:
        raise WrongVerdicts(f"{name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise WrongVerdicts(f"{name} is no JSON: {error}") from None
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise WrongVerdicts(f"{name} holds no decisions of version {VERSION}")
    try:
        read = [_read(entry) for entry in content["operations"]]
    except (KeyError, TypeError, ValueError):
        raise WrongVerdicts(f"{name} holds a decision that cannot be understood") from None
    return {(one.path, one.method, one.view): one for one in read}


def _read(entry: Any) -> Written:
    """Raises ``KeyError``, ``TypeError`` or ``ValueError``."""
    written = Written(**entry)
    State(written.state), State(written.alone), Tier[written.tier]
    texts = (written.path, written.method, written.view, *chain.from_iterable(written.accepted))
    kinds: Any = [(str, text) for text in texts]
    kinds += [(list, one) for one in (written.accepted, *written.accepted)]
    kinds.append((int | None, written.refusal))
    if not all(isinstance(value, kind) for kind, value in kinds):
        raise TypeError
    return written


def write_verdicts(name: str | PathLike[str], alone: AuditedSchema, deep: AuditedSchema) -> int:
    """Write what *deep* decided otherwise than *alone*, sorted, and return how many that is.

    Raises ``WrongVerdicts``.
    """
    known = {_key(audited): audited.decision for audited in alone.operations}
    written = sorted(_written(known, deep))
    content = {"version": VERSION, "operations": [asdict(one) for one in written]}
    try:
        Path(name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise WrongVerdicts(f"{name} cannot be written: {error.strerror}") from None
    return len(written)


def _written(known: Mapping[Key, Decision | None], deep: AuditedSchema) -> Iterator[Written]:
    for audited in deep.operations:
        decision, alone = audited.decision, known.get(_key(audited))
        if decision is None or alone is None or not decision.is_decided:
            continue
        accepted = _names(decision)
        if (decision.state, decision.refusal, accepted) == (
            alone.state,
            alone.refusal,
            _names(alone),
        ):
            continue
        yield Written(
            *_key(audited),
            alone=alone.of_permissions.value,
            state=decision.state.value,
            refusal=decision.refusal,
            accepted=accepted,
            tier=decision.tier.label,
        )


def _names(decision: Decision) -> list[list[str]]:
    return [[dotted(type(one)) for one in alternative] for alternative in decision.alternatives]


def with_verdicts(schema: AuditedSchema, verdicts: Mapping[Key, Written]) -> AuditedSchema:
    """Return *schema* with the decisions of the file, where they are still about the same view."""
    return replace(schema, operations=tuple(_believed(one, verdicts) for one in schema.operations))


def _believed(audited: AuditedOperation, verdicts: Mapping[Key, Written]) -> AuditedOperation:
    written = verdicts.get(_key(audited))
    if written is None:
        return audited
    known = _with_classes(audited)
    decision = known.decision and written.decision(known.decision)
    return replace(known, decision=decision) if decision else audited


def _with_classes(audited: AuditedOperation) -> AuditedOperation:
    """Return *audited* with the classes that its view names, if it failed to say what it looks at.

    They are what a method of the project chooses from.
    """
    decision, source = audited.decision, audited.source
    if decision is None or source is None or decision.offered is not NOTHING:
        return audited
    try:
        offered = Offer.of_classes(source.view)
    except host_errors():  # the classes are the project's code
        return audited
    return replace(
        audited,
        decision=replace(decision, offered=offered),
        descriptions=described(offered, source, Describer()),
    )
