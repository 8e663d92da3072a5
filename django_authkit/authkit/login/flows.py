from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from rest_framework.exceptions import NotAuthenticated, PermissionDenied

from authkit.core.db.retry import atomic_with_retry
from authkit.core.factors import Factor, active, has_second_factor
from authkit.core.http.client import answering, client_of
from authkit.core.identity.users import AuthUser
from authkit.errors import (
    CodeInvalid,
    InvalidCredentials,
    NoPassword,
    SecondFactorUnavailable,
)
from authkit.events.flows import record
from authkit.factors.flows import must_have_second_factor, spend_code, verify_code
from authkit.passwords.checking.attempts import note_log_in
from authkit.passwords.checking.credentials import check_credentials
from authkit.passwords.checking.proof import has_password, may_have_password, try_password
from authkit.passwords.owner_lock import lock_owner
from authkit.passwords.stored import lock_user
from authkit.sessions.access.bearer import AccessToken
from authkit.sessions.added_claims import added_claims
from authkit.sessions.assurance import add_methods, joined
from authkit.sessions.issue import (
    PENDING_LIFETIME,
    FreshAccess,
    TokenPair,
    complete_session,
    fresh_access,
    give_back_try,
    open_session,
    pending_session,
    tell_started,
    token_pair,
)
from authkit.sessions.models import Session
from authkit.sessions.tokens import challenge_token


@dataclass(frozen=True, slots=True)
class SecondFactorRequired:
    """The first factor was right; the challenge, with a code, completes the log-in."""

    challenge: str = field(repr=False)
    methods: Sequence[str]
    expires_in: int = int(PENDING_LIFETIME.total_seconds())

    @property
    def data(self) -> Mapping[str, Any]:
        """What clients get."""
        return asdict(self)


def log_in(
    request: HttpRequest, username: str, password: str, otp: str | None = None
) -> TokenPair | SecondFactorRequired:
    """Log in with a password, through every configured authentication backend.

    :param otp: the second factor's code, from a client that has asked for it already.
    :raises InvalidCredentials: every backend refused them. One answer for every reason prevents
        user enumeration.
    :raises AttemptsExceeded: too many were wrong for this name from this network; or
        django-axes has locked this client or account out.
    :raises AccountLocked: too many in a row were wrong; see :func:`check_credentials`.
    :raises CodeInvalid: the password was right and ``otp`` was not.
    """
    user = check_credentials(request, username, password)
    return complete_login(request, user, methods=["pwd"], otp=otp)


def complete_login(
    request: HttpRequest, user: AuthUser, *, methods: Sequence[str], otp: str | None = None
) -> TokenPair | SecondFactorRequired:
    """Issue a session to an authenticated user; nothing else issues one.

    A project's own way of logging in (a social login, a magic link) ends here too. A user
    with a second factor gets a challenge, unless ``methods`` holds ``"mfa"`` or ``otp`` is its
    code.

    :param methods: how the user did it, in the values of RFC 8176, e.g. ``["pwd"]``.
    :param otp: the second factor's code, from a client that has asked for it already.
    :raises InvalidCredentials: the account is not active, or is there no more.
    :raises CodeInvalid: ``otp`` is wrong; also as :func:`complete_challenge`.
    """
    with answering(request):  # also where a plain view of the project calls
        return _log_in_as(request, user, methods, otp)


def complete_challenge(request: HttpRequest, challenge: str, code: str) -> TokenPair:
    """Complete a log-in with its second factor.

    :raises ChallengeInvalid: the challenge is not, or no longer, good.
    :raises CodeInvalid: the code is wrong; the challenge lives for the tries that are left.
    :raises AttemptsExceeded: too many codes were tried for this account.
    :raises AccountLocked: the same, and time alone will not help.
    :raises SecondFactorUnavailable: it could not be compared; the challenge keeps the try.
    """
    session = pending_session(challenge)
    try:
        pair = spend_code(session.user, code, partial(_complete, request, session))
    except SecondFactorUnavailable:
        give_back_try(session)
        raise
    return tell_started(pair)


def reauthenticate(
    user: AuthUser, session: Session, password: str | None, code: str | None
) -> FreshAccess:
    """Let a logged-in user prove again who they are: by a code where there is a factor.

    :raises NoPassword: there is neither a factor nor a password: the user has to log in again.
    :raises InvalidCredentials: the password is wrong, or needed and missing.
    :raises CodeInvalid: the code is wrong, or needed and missing.
    :raises AttemptsExceeded: too many of either were; also AccountLocked.
    """
    needs_code = has_second_factor(user)
    if not may_have_password(user):
        password = None  # there is nothing to compare it with
    if not needs_code and password is None and not has_password(user, session):
        raise NoPassword
    # Before a code is spent: the function is the project's, and may raise anything.
    added = {} if session.owes_second_factor else added_claims(session)
    proofs: list[str] = []
    if password is not None or not needs_code:
        _check_password(user, session, password or "")
        proofs.append("pwd")
    if needs_code:
        proofs += verify_code(user, code or "").amr
    record("reauthenticated", user=user.pk, session=session.pk, amr=proofs)
    return fresh_access(session, added)


def reauthenticated(
    request: Any,
    *,
    methods: Sequence[str],
    user: AuthUser | None = None,
    otp: str | None = None,
) -> FreshAccess:
    """Return a fresh access token to a logged-in user whom a project has authenticated again.

    What ``reauthenticate/`` does for passwords and codes, for a project's own way: a round trip of
    single sign-on, a mailed link. A user with a second factor also needs its code, unless
    ``methods`` holds ``"mfa"``. The session keeps the methods; the time is in the token alone.

    Call it in a view that is exempt from ATOMIC_REQUESTS, as ``authkit.views.OwnerView`` is: a
    refusal would roll back that a wrong code was counted.

    :param request: of REST framework, with the session of the user in ``request.auth``.
    :param methods: how the user did it, in the values of RFC 8176, e.g. ``["swk"]``.
    :param user: who has been authenticated; pass it where the proof names a user.
    :param otp: the second factor's code.
    :raises NotAuthenticated: the request has no credential.
    :raises PermissionDenied: its credential is no session, but an API key.
    :raises InvalidCredentials: the session is of another user.
    :raises SessionEnded: the session has ended since the request was authenticated.
    :raises CodeInvalid: the code is wrong, or needed and missing; also as :func:`spend_code`.
    """
    token = getattr(request, "auth", None)
    if not isinstance(token, AccessToken):
        raise NotAuthenticated if token is None else PermissionDenied
    session = token.session
    if user is not None and user.pk != session.user_id:
        record("reauthentication_failed", user=session.user_id, session=session.pk)
        raise InvalidCredentials
    proved = partial(_prove_again, session, methods)
    if "mfa" not in methods and has_second_factor(session.user):
        return spend_code(session.user, otp or "", proved)
    return atomic_with_retry(proved, Session)


def _prove_again(
    session: Session, methods: Sequence[str], factor: Factor | None = None
) -> FreshAccess:
    """Add what has been proved to a session that is live, and return its token.

    Called within a transaction. Race: the rows are locked, so a log-out, or a factor that is turned
    on or off, comes before or after. The event comes last: where the project has hidden an error
    that ended the transaction, it raises.

    :raises SessionEnded: it is not live.
    :raises CodeInvalid: a factor has just been turned on, whose code is needed.
    """
    user = session.user
    lock_owner(user, session)
    if factor is None and "mfa" not in methods and has_second_factor(user):
        raise CodeInvalid
    proofs = [*methods, *(factor.amr if factor else ())]
    add_methods(session, proofs)
    # In the transaction: claims of the project may raise anything, and no code is spent then.
    fresh = fresh_access(session)
    record("reauthenticated", user=user.pk, session=session.pk, amr=proofs)
    return fresh


def _log_in_as(
    request: HttpRequest, user: AuthUser, methods: Sequence[str], otp: str | None
) -> TokenPair | SecondFactorRequired:
    if not user.is_active:
        _record_failure(request, user=user.pk)
        raise InvalidCredentials
    passed = "mfa" in methods
    if otp is not None and not passed and has_second_factor(user):
        return tell_started(spend_code(user, otp, partial(_open_proved, request, user, methods)))
    enrolment_only = not passed and must_have_second_factor(user)
    opened = partial(_open, request, user, methods, enrolment_only=enrolment_only)
    try:
        outcome = atomic_with_retry(opened, Session)
    except InvalidCredentials:
        _record_failure(request)
        raise
    return tell_started(outcome) if isinstance(outcome, TokenPair) else _challenge(*outcome)


def _open(
    request: HttpRequest, user: AuthUser, methods: Sequence[str], *, enrolment_only: bool
) -> TokenPair | tuple[Session, Sequence[Factor]]:
    """Open the session of a user who gave no code; return its pair, or it and what it owes.

    Called within a transaction. Race: the user is locked before the factors are asked. A factor
    that is turned on meanwhile either is seen here, or its owner's request waits for the commit,
    and ends the session.

    :raises InvalidCredentials: the account has just been deleted.
    """
    if not lock_user(user):
        raise InvalidCredentials
    client = client_of(request)
    owed = [] if "mfa" in methods else active(user)
    if owed:
        return open_session(user, client, methods, pending=True), owed
    session = open_session(user, client, methods, enrolment_only=enrolment_only)
    return _started(request, session)


def _open_proved(
    request: HttpRequest, user: AuthUser, methods: Sequence[str], factor: Factor
) -> TokenPair:
    session = open_session(user, client_of(request), joined(methods, factor.amr).split())
    return _started(request, session)


def _complete(request: HttpRequest, session: Session, factor: Factor) -> TokenPair:
    complete_session(session, factor.amr)
    return _started(request, session)


def _started(request: HttpRequest, session: Session) -> TokenPair:
    """Do what belongs to the start of a session, in the transaction that completes it.

    The tokens are made here, too: where a claim of the project fails, there is no session. The
    event comes last: where the project has hidden an error that ended the transaction, it raises.
    """
    client = client_of(request)
    note_log_in(session.user, client)
    user_logged_in.send(sender=type(session.user), request=request, user=session.user)
    pair = token_pair(session)
    record(
        "session_started", client=client, user=session.user_id, session=session.pk, amr=session.amr
    )
    return pair


def _challenge(session: Session, factors: Sequence[Factor]) -> SecondFactorRequired:
    for factor in factors:
        factor.begin(session.user)
    return SecondFactorRequired(challenge_token(session), [factor.name for factor in factors])


def _check_password(user: AuthUser, session: Session, password: str) -> None:
    if not try_password(user, session, password):
        record("reauthentication_failed", user=user.pk, session=session.pk)
        raise InvalidCredentials


def _record_failure(request: HttpRequest, **whose: Any) -> None:
    record("login_failed", client=client_of(request), **whose)
