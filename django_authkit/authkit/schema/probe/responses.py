"""What the answer to a whole request says about who may call, beside what the gate said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rest_framework.authentication import SessionAuthentication

from authkit.schema.probe.decision import Decision, State
from authkit.schema.probe.dry_run import DryRun, MiddlewareStack, received_request
from authkit.schema.probe.tiers import Tier
from authkit.schema.sandbox.answers import REFUSALS, describe, host_errors
from authkit.schema.sandbox.guards import Watch, replaced
from authkit.schema.schemes.describer import Alternative
from authkit.schema.views.code.handlers import checks_object_permissions, handler_name
from authkit.schema.views.login_page import sends_to_login
from authkit.schema.views.mapping import Operation
from authkit.schema.views.permission_tree import is_key_permission

OBJECT = "has_object_permission()"
HANDLER = "the handler"


def decided_by_response(outcome: DryRun, path: str, view: Decision, tier: Tier) -> Decision:
    """Decide about a request that was answered before the view's permissions were asked."""
    if outcome.misrouted:
        reason = f"{path} {outcome.misrouted}"
        return Decision(State.UNDECIDED, reason=reason, offered=view.offered, tier=tier)
    response: Any = outcome.response
    where = f" to {response['Location']}" if response.has_header("Location") else ""
    reason = f"answered {response.status_code}{where} before the permissions are asked"
    accepted = view.alternatives if view.state is State.SECURED else ()
    if sends_to_login(response, path):
        accepted = accepted or _by_login(view)
    elif response.status_code not in REFUSALS:
        return Decision(State.UNDECIDED, reason=reason, offered=view.offered, tier=tier)
    return Decision(State.SECURED, accepted, response.status_code, reason, view.offered, tier)


def blocked_by_sandbox(watch: Watch, view: Decision, tier: Tier) -> Decision:
    """Decide nothing about a request that was answered after a side effect was blocked."""
    reason = f"what stands before the permissions {watch.reached}, which is refused here"
    return Decision(State.UNDECIDED, reason=reason, offered=view.offered, tier=tier)


def failed(error: BaseException, watch: Watch, tier: Tier) -> Decision:
    """Return that nothing is known of a view, because the code around its permissions failed."""
    blocked = "asks the database" if watch.asked and not watch.reads else watch.reached
    if blocked:
        reason = f"what stands before the permissions {blocked}, which is refused here"
        return Decision(State.UNDECIDED, reason=reason, tier=tier)
    return Decision(State.UNDECIDED, reason=describe(error), tier=tier, crashed=True)


def kept(view: Decision, served: Decision, *, barred: bool) -> Decision:
    """Return what was decided about the view alone, else *served*, which proves nothing.

    A view that refuses lets no caller in, whatever stands before it. *barred* says that something
    stood there which may refuse the callers of an open one.
    """
    return view if view.is_decided and not (view.is_open and barred) else served


def _by_login(view: Decision) -> tuple[Alternative, ...]:
    """Return the authenticators that accept the session of a login page."""
    found = (one for one in view.offered.authenticators if isinstance(one, SessionAuthentication))
    return tuple((one,) for one in found)


def decided_before_gate(outcome: DryRun, path: str, view: Decision, *, invented: bool) -> Decision:
    response = outcome.response
    if response and response.status_code == 404 and invented and view.is_decided:
        # Something looked for a row that need not exist. It says nothing about who may call.
        return replace(view, tried=(path,))
    decision = decided_by_response(outcome, path, view, Tier.T2)
    if outcome.misrouted or (response and response.status_code == 404):
        decision = replace(decision, tried=(path,))
    if response and response.status_code >= 300 and not decision.is_decided:
        # With which status the view refuses was not seen.
        return kept(replace(view, refusal=None, tried=decision.tried), decision, barred=True)
    return decision


def live(stack: MiddlewareStack, operation: Operation, path: str, decision: Decision) -> Decision:
    """Run the handler of a safe method, and see whether it refuses by itself."""
    unthrottled = replaced(operation.callback.cls, "check_throttles", lambda view, request: None)
    try:
        with unthrottled:
            response = stack.send(received_request(operation, path))
    except host_errors():  # a handler that fails on what the sandbox blocks has refused no caller
        return decision
    status = response.status_code
    if status not in REFUSALS and not sends_to_login(response, path):
        if decision.is_open:
            return replace(decision, tier=Tier.T4)
        return _let_in(decision, status) if 200 <= status < 300 else decision
    if decision.state is State.SECURED:
        return replace(decision, refusal=status, tier=Tier.T4)
    every = tuple((one,) for one in decision.offered.authenticators)
    reason = f"{HANDLER} answers {status}"
    decided = Decision(State.SECURED, every, status, reason, decision.offered, Tier.T4)
    return replace(decided, depends_on=HANDLER)


def _let_in(decision: Decision, status: int) -> Decision:
    """Return that anonymous callers get in: the handler answered without checking its object."""
    read = tuple(one for one in decision.alternatives if not any(map(is_key_permission, one)))
    return replace(
        decision,
        state=State.OPTIONAL if read else State.PUBLIC,
        alternatives=read,
        refusal=None,
        reason=f"{HANDLER} answers {status}",
        tier=Tier.T4,
        depends_on="",
    )


def require_object_check(operation: Operation, decision: Decision) -> Decision:
    """Return *decision*; if rows led to a refusal, only where the handler asks about its own."""
    refused = decision.is_decided and not decision.is_open
    view, method = operation.view, operation.method
    if decision.tier is not Tier.T3 or not refused or checks_object_permissions(view, method):
        return decision
    reason = f"{OBJECT} refuses, and it is not certain that {handler_name(view, method)}() asks it"
    return replace(decision, state=State.UNDECIDED, alternatives=(), refusal=None, reason=reason)
