"""The ways in; every one ends in :func:`complete_login`. Projects call these for their own."""

from authkit.login.flows import SecondFactorRequired, complete_login, log_in, reauthenticated
from authkit.sessions.issue import FreshAccess, TokenPair

__all__ = [
    "FreshAccess",
    "SecondFactorRequired",
    "TokenPair",
    "complete_login",
    "log_in",
    "reauthenticated",
]
