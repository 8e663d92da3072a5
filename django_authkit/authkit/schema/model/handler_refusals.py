"""Takes back a decision that the handler may contradict, where that has not been seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from authkit.schema.openapi.document import Declared, responses
from authkit.schema.probe.decision import Decision, State
from authkit.schema.probe.responses import HANDLER
from authkit.schema.probe.tiers import Tier
from authkit.schema.sandbox.answers import REFUSALS
from authkit.schema.views.code.caller_checks import caller_checks
from authkit.schema.views.mapping import Operation


def without_guess(
    decision: Decision, source: Operation, document: Mapping[str, Any], declared: Declared
) -> Decision:
    """Return *decision* to let all in; undecided if the handler may refuse callers by itself.

    It may if its code looks at who calls, and either the *document* has a refusal that nothing else
    accounts for, or the operation is declared as secured and the code refuses. Where a requirement
    is declared, the code may also read the credential itself. What a live request showed (T4) is no
    guess.
    """
    is_secured = declared is Declared.SECURED
    if decision.tier >= Tier.T4:
        return decision
    if not is_secured and not decision.offered.authenticators:
        return decision  # a login: no caller is known there, and a wrong password is refused
    documented = _unaccounted(decision, document, declared)
    if not documented and not is_secured:
        return decision
    checks = caller_checks(source.view, source.method)
    asks = checks.looks or (is_secured and checks.reads)
    if not asks or not (documented or checks.refuses):
        return decision
    said = f", as the documented {documented[0]} says" if documented else ""
    reason = f"{HANDLER} looks at who calls, and may refuse by itself{said}"
    return replace(
        decision,
        state=State.UNDECIDED,
        alternatives=(),
        bad_credential=(),
        reason=reason,
        depends_on=HANDLER,
        admitted=decision.state,
    )


def _unaccounted(decision: Decision, document: Mapping[str, Any], declared: Declared) -> list[int]:
    """Return the documented refusals that are not those of a bad credential."""
    documented = [status for status in REFUSALS if str(status) in responses(document)]
    # A caller without any is refused where one is required, whatever a bad one is answered.
    accounted = () if declared is Declared.SECURED else decision.bad_credential
    return [status for status in documented if status not in accounted]
