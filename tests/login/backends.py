"""Backends as other projects have them."""

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from rest_framework.exceptions import AuthenticationFailed


class Denying(BaseBackend):
    """Refuses every user, and forbids to try the backends after it."""

    def authenticate(self, request, username=None, password=None):
        raise PermissionDenied


class Positional(BaseBackend):
    """An LDAP-like backend of another signature: no **kwargs, only these three names."""

    def authenticate(self, request, username, password):
        if password == "from the directory":
            return get_user_model()._default_manager.get_by_natural_key(username)
        return None

    def get_user(self, user_id):
        return get_user_model()._default_manager.filter(pk=user_id).first()


class ByToken(BaseBackend):
    """Takes something else altogether, so that Django skips it."""

    def authenticate(self, request, *, magic):
        raise AssertionError("no client has sent this")


class Unreachable(Positional):
    """A directory that is down."""

    def authenticate(self, request, username, password):
        raise ConnectionError("the directory is down")


class Refusing(BaseBackend):
    """Raises its refusals in the manner of DRF."""

    error = AuthenticationFailed

    def authenticate(self, request, username=None, password=None):
        raise self.error


class LockingOut(BaseBackend):
    """Leaves on the request what django-axes does."""

    def authenticate(self, request, username=None, password=None):
        request.axes_locked_out = True
        raise PermissionDenied


class ByNameOrEmail(ModelBackend):
    """Takes a user name or an e-mail address without regard to case, as many projects do."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        model = get_user_model()
        named = Q(**{f"{model.USERNAME_FIELD}__iexact": username}) | Q(email__iexact=username)
        for user in model.objects.filter(named):
            if user.check_password(password):
                return user
        return None


class Directory(BaseBackend):
    """Judges passwords itself, as LDAP does: the accounts have none that is stored here."""

    #: By user name. A test fills it.
    passwords = {}

    def authenticate(self, request, username=None, password=None):
        if self.passwords.get(username) != password:
            return None
        return get_user_model()._default_manager.get_by_natural_key(username)

    def get_user(self, user_id):
        return get_user_model()._default_manager.filter(pk=user_id).first()


class ByEmailAlone(ModelBackend):
    """Takes e-mail addresses, and no user names."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        user = get_user_model().objects.filter(email=username).first()
        return user if user and user.check_password(password) else None


class Swapping(BaseBackend):
    """Answers with another account than the one that was asked about."""

    user = None

    def authenticate(self, request, username=None, password=None):
        return self.user


class WantsEmail(BaseBackend):
    """Takes a password, but not by the name that Django passes."""

    def authenticate(self, request, email, password):
        raise AssertionError("Django passes a user name")
