"""Holds what was decided about an operation against what the application really answered."""

from collections import Counter
from dataclasses import dataclass

OPEN, SECURED = ("public", "optional"), ("secured", "closed")
REFUSALS = (401, 403)
#: These answer before the client is authenticated, or instead of it.
TELLS_NOTHING = (None, 301, 302, 307, 308, 404)
#: What is wrong with the body may be said before the object is looked up, and who may have it.
BODY_REFUSED = 400
NO_ROW = "there is no row"
#: The rules that contradict the document, and what the live answer is if they are right.
CONTRADICTIONS = {"AK301": "open", "AK302": "secured", "AK303": "secured"}
LEAST_DECIDED = 97
#: What is the same at every tier.
FACTS = ("untouched", "as_published", "stable", "repeated", "changed", "written")
MISSED = {
    "untouched": "the audits wrote to the database",
    "as_published": "the audited document is not the published one",
    "stable": "the hook changes what it wrote",
    "repeated": "the hook writes another document in another process",
}
#: The tier of an audit for which nothing is said.
USUAL = "T3"

RIGHT = "right"
WRONG = "wrong"
BY_HANDLER = "refused by the handler"
NOT_COMPARED = "not compared"
UNDECIDED = "undecided"


def live_state(operation):
    """Return "open" or "secured" as the application answered, None if the answer says neither."""
    if operation["live"] in REFUSALS:
        return "secured"
    if operation["live"] in TELLS_NOTHING or answered_before_the_object(operation):
        return None
    return "open"


def answered_before_the_object(operation):
    unseen = operation["passed"] and not operation["object_asked"]
    return operation["live"] == BODY_REFUSED and unseen and "{" in operation["path"]


def refused_by_handler(operation):
    """Tell whether all that can be asked without running the handler let the caller in."""
    refused = operation["live"] in REFUSALS
    return refused and operation["passed"] and not operation["object_refused"]


def verdict(operation):
    """Return how the decision about *operation* compares with the live answer."""
    if operation["state"] not in OPEN + SECURED:
        return UNDECIDED
    live = live_state(operation)
    if live is None:
        return NOT_COMPARED
    if agrees(operation, live):
        return RIGHT
    return BY_HANDLER if refused_by_handler(operation) else WRONG


def agrees(operation, live):
    if operation["state"] in OPEN:
        return live == "open"
    return live == "secured" and operation["refusal"] == operation["live"]


def false_findings(operation, name):
    """Return the findings of *operation* that the live answer contradicts."""
    live = live_state(operation)
    if live is None or refused_by_handler(operation):
        return []
    return [rule for rule in operation[name] if CONTRADICTIONS.get(rule, live) != live]


def is_untrue(operation, name):
    """Tell whether what the document says is not what the application does."""
    live = live_state(operation)
    return live is not None and not refused_by_handler(operation) and operation[name] != live


def is_found(operation):
    """Tell whether a lie is reported, or the operation at least called undecided."""
    return verdict(operation) == UNDECIDED or not CONTRADICTIONS.keys().isdisjoint(
        operation["findings"]
    )


def has_no_row(operation):
    """Tell whether there is no row that the caller could be asked about."""
    return verdict(operation) == UNDECIDED and NO_ROW in operation["reason"]


@dataclass(frozen=True)
class Result:
    """One application at one tier, counted.

    ``spent`` are the seconds, by step and by tier; ``untouched`` says that the audits left the
    database as it was, byte for byte, ``as_published`` that the audited document says of security
    what the application publishes without us, ``stable`` that the hook changes nothing when it is
    run again, ``repeated`` that another process makes the same document, byte for byte. ``changed``
    are the places where the hook changed what is not about security. ``written`` counts the
    decisions in its verdict file.
    """

    name: str
    tier: str
    versions: dict
    spent: dict
    untouched: bool
    as_published: bool
    stable: bool
    repeated: bool
    changed: list
    written: int
    operations: list

    @classmethod
    def by_tier(cls, name, report, spent):
        """Return a result for each tier of *report*."""
        facts = {fact: report[fact] for fact in FACTS}
        known = {"versions": report["versions"], "spent": spent, **facts}
        operations = report["operations"]
        return [
            cls(name, tier, **known, operations=[o | o["tiers"][tier] for o in operations])
            for tier in operations[0]["tiers"]
        ]

    @property
    def seconds(self):
        return self.spent[self.tier]

    def count(self, wanted):
        return sum(verdict(operation) == wanted for operation in self.operations)

    @property
    def decided(self):
        return len(self.operations) - self.count(UNDECIDED)

    @property
    def decided_percent(self):
        """Of the operations that have a row to be asked about, if they want one."""
        without = sum(has_no_row(operation) for operation in self.operations)
        return 100 * self.decided / (len(self.operations) - without)

    @property
    def undecided(self):
        """The reasons, with how often each is given."""
        reasons = (o["reason"] for o in self.operations if verdict(o) == UNDECIDED)
        return Counter(reasons).most_common()

    def untrue(self, name):
        return sum(is_untrue(operation, name) for operation in self.operations)

    def false(self, *names):
        return sum(len(false_findings(o, name)) for o in self.operations for name in names)

    @property
    def shortcomings(self):
        """Yield a sentence for every target that was missed."""
        yield from (said for fact, said in MISSED.items() if not getattr(self, fact))
        yield from (f"the hook changes {place}" for place in self.changed)
        for operation in self.operations:
            for claim in false_claims(operation):
                yield f"{self.tier} {label(operation)}: {claim}, and it answers {operation['live']}"
        if self.tier >= USUAL and self.decided_percent < LEAST_DECIDED:
            least = f"{LEAST_DECIDED} % is the least"
            yield f"{self.tier} {self.decided_percent:.1f} % decided, and {least}"
        if self.tier == USUAL:
            yield from self.lies_left

    @property
    def lies_left(self):
        """Yield a sentence for every lie that was not found, or that the hook left."""
        for operation in self.operations:
            if is_untrue(operation, "declared") and not is_found(operation):
                yield f"{label(operation)}: untrue, and no finding says so"
            if is_untrue(operation, "declared_with_verdicts"):
                yield f"{label(operation)}: untrue with the hook and a verdict file"


def false_claims(operation):
    if verdict(operation) == WRONG:
        yield f"{operation['state']} with {operation['refusal']}"
    for name in ("findings", "findings_with_hook"):
        yield from false_findings(operation, name)


def label(operation):
    return f"{operation['method'].upper()} {operation['path']}"
