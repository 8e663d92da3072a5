from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class NumberUserManager(BaseUserManager):
    def create_user(self, number, password=None, **fields):
        user = self.model(number=number, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class NumberUser(AbstractBaseUser, PermissionsMixin):
    """Logs in with a number: names of users are not text."""

    number = models.BigIntegerField(unique=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    USERNAME_FIELD = "number"

    objects = NumberUserManager()

    def __str__(self):
        return str(self.number)
