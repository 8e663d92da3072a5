"""The shapes of user model that projects bring along; see ``tests/settings.py`` for the choice."""

import uuid

from django.contrib.auth.models import AbstractBaseUser, AbstractUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin as Permissions
from django.db import models


class EmailUserManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class EmailUser(AbstractUser):
    """Logs in with the e-mail address; has no user name."""

    username = None
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = EmailUserManager()


class UUIDUser(AbstractUser):
    """Has a random primary key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)


class NoEmailUserManager(BaseUserManager):
    def create_user(self, login, password=None, **fields):
        user = self.model(login=login, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, login, password=None, **fields):
        return self.create_user(login, password, is_staff=True, is_superuser=True, **fields)


class NoEmailUser(AbstractBaseUser, Permissions):
    """Has no e-mail address, and a USERNAME_FIELD of its own name."""

    login = models.CharField(max_length=40, unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    USERNAME_FIELD = "login"

    objects = NoEmailUserManager()

    def __str__(self):
        return self.login


__all__ = ["EmailUser", "NoEmailUser", "UUIDUser"]
