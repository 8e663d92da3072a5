"""What the hook changed in a document that it may not change."""

import json
from copy import deepcopy

PUBLISHED, TOLD, AGAIN = "published.json", "told.json", "again.json"

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
#: What the hook writes into an operation.
FIELDS = ("security", "x-required-scopes")
#: The responses that it adds: refusals, and the way to the login page.
ADDED = ("400", "401", "403", "429", "301", "302", "303", "307", "308")
#: The one that it removes, where it is not true.
UNFOUNDED = "401"
#: The bodies of the refusals.
BODIES = ("AuthkitError", "AuthkitErrorDetail", "AuthkitErrorProblem")


def compare_documents(folder):
    """Compare what ``look.py`` wrote: without the hook, with it, and with it in another process."""
    published, told, again = ((folder / name).read_bytes() for name in (PUBLISHED, TOLD, AGAIN))
    changed = list(other_changes(json.loads(published), json.loads(told)))
    return {"changed": changed, "repeated": told == again}


def other_changes(before, after):
    """Yield the places of all changes that are not about security, those of an order too."""
    before, after = deepcopy(before), deepcopy(after)
    known = operations(before)
    for place, operation in operations(after).items():
        take_back_refusals(known.get(place, {}), operation)
    take_back_bodies(before, after)
    for document in (before, after):
        leave_out_security(document)
    yield from differences(before, after, "#")


def take_back_refusals(old, new):
    """Make the responses of *new* those of *old*, as far as the hook may have changed them."""
    responses, known = new.get("responses", {}), old.get("responses", {})
    for status in [*responses.keys() - known.keys()]:
        documented = {f"{status[0]}XX", "default"} & known.keys()
        if status in ADDED and not documented:
            del responses[status]
    if new.get("security") == [] and UNFOUNDED not in responses:
        known.pop(UNFOUNDED, None)


def take_back_bodies(before, after):
    known = before.get("components", {}).get("schemas", {})
    schemas = after.get("components", {}).get("schemas", {})
    for name in BODIES:
        if name not in known:
            schemas.pop(name, None)


def leave_out_security(document):
    document.pop("security", None)
    for operation in operations(document).values():
        for name in FIELDS:
            operation.pop(name, None)
        if not operation.get("responses"):
            operation.pop("responses", None)
    components = document.get("components", {})
    components.pop("securitySchemes", None)
    if not components.get("schemas"):
        components.pop("schemas", None)
    if not components:
        document.pop("components", None)


def operations(document):
    """Return the operations by path and method."""
    return {
        (path, method): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def differences(before, after, place):
    """Yield where two JSON values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            if name in before and name in after:
                yield from differences(before[name], after[name], f"{place}/{name}")
            else:
                yield f"{place}/{name}"
        if [*before] != [*after] and before.keys() == after.keys():
            yield f"{place} (the order)"
    elif json.dumps(before) != json.dumps(after):
        yield place
