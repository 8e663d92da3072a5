from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class NoEmailUserManager(BaseUserManager):
    def create_user(self, login, password=None, **fields):
        user = self.model(login=login, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, login, password=None, **fields):
        return self.create_user(login, password, is_staff=True, is_superuser=True, **fields)


class NoEmailUser(AbstractBaseUser, PermissionsMixin):
    """Has no e-mail address, and a USERNAME_FIELD of its own name."""

    login = models.CharField(max_length=40, unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    USERNAME_FIELD = "login"

    objects = NoEmailUserManager()

    def __str__(self):
        return self.login
