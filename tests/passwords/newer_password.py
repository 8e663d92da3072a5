"""Roads by which a password changes while somebody else is judged by the former one."""

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

NEWER = "a newer correct horse"


def save_it(user):
    user.set_password(NEWER)
    user.save()


def update_it(user):
    get_user_model().objects.filter(pk=user.pk).update(password=make_password(NEWER))


def close_to_passwords(user):
    user.set_unusable_password()
    user.save()


ROADS = [save_it, update_it, close_to_passwords]
