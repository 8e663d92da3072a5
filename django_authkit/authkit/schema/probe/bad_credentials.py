"""Finds out what a view answers to credentials that are not valid.

REST framework refuses such a request also where anonymous callers are let in; an authenticator of
the project's own may ignore the credential instead. So each one is shown some, in the places where
its security scheme says that it looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from authkit.schema.sandbox.answers import Caller, Gate, Presented, Verdict, host_errors
from authkit.schema.sandbox.guards import watching
from authkit.schema.schemes.describer import Description

#: Of no form that an issuer would choose, so that most authenticators refuse them without a look
#: into the database. The second is for those that ignore what has more than one word.
VALUES = ("not a credential", "not-a-credential")

Describe = Callable[[Any], Description | None]


def refusals_of_bad_credentials(
    gate: Gate, authenticators: tuple[Any, ...], describe: Describe
) -> tuple[int, ...]:
    """Return the statuses with which *gate* was seen to refuse. Raises nothing.

    A refusal does not count if the project's code was denied the database or the network before: it
    may have refused because of that.
    """
    found = (_refusal(gate, one, describe) for one in authenticators)
    return tuple(sorted({status for status in found if status is not None}))


def _refusal(gate: Gate, authenticator: Any, describe: Describe) -> int | None:
    try:
        presented = [*bad_credentials(authenticator, describe(authenticator))]
    except host_errors():  # the project's code may fail in any way
        return None
    for one in presented:
        with watching() as watch:
            answer = gate.answer(Caller(presented=one))
        if answer.verdict is Verdict.REFUSED and not watch.asked and not watch.attempts:
            return answer.status
    return None


def bad_credentials(authenticator: Any, description: Description | None) -> Iterator[Presented]:
    """Yield what a caller with a bad credential sends; nothing if the place is not known."""
    for definition in description.definitions.values() if description else ():
        place, name, scheme = _sent(definition)
        in_authorization = (place, name.lower()) == ("header", "authorization")
        words = _words(authenticator, scheme) if in_authorization else [""]
        for word, value in product(words, VALUES):
            yield Presented(place, name, f"{word} {value}".lstrip())


def _sent(definition: Any) -> tuple[str, str, str]:
    """Return the place, the name there, and the word before the credential if there is one."""
    if definition["type"] == "apiKey":
        return definition["in"], definition["name"], ""
    # OAuth 2 and OpenID Connect have no scheme; their tokens are bearer tokens (RFC 6750).
    return "header", "Authorization", definition.get("scheme", "bearer")


def _words(authenticator: Any, scheme: str) -> list[str]:
    """Return the words that may stand before a credential, most likely ones first.

    OpenAPI has no field for "Token" and the like, and authenticators may care about capitals.
    """
    challenge = str(authenticator.authenticate_header(None) or "").partition(" ")[0]
    keyword = str(getattr(authenticator, "keyword", None) or "")
    return [*dict.fromkeys([keyword or challenge, challenge, scheme])]
