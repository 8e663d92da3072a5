"""The serializers that projects subclass, or answer with in views of their own.

Those of the other endpoints are the ``serializer_class`` of their views in ``authkit.views``.
"""

from authkit.accounts.serializers import ProfileSerializer, RegistrationSerializer
from authkit.login.serializers import (
    CredentialsSerializer,
    FreshAccessSerializer,
    SecondFactorChallengeSerializer,
)
from authkit.sessions.serializers import TokenPairSerializer

__all__ = [
    "CredentialsSerializer",
    "FreshAccessSerializer",
    "ProfileSerializer",
    "RegistrationSerializer",
    "SecondFactorChallengeSerializer",
    "TokenPairSerializer",
]
