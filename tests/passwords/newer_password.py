"""Ways to change a password while another request is checked against the former one."""

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
