"""What a project keeps about sessions: in tables of its own, with foreign keys to ours."""

from django.db import models


class Device(models.Model):
    session = models.ForeignKey("authkit.Session", models.CASCADE, related_name="+")


class Order(models.Model):
    session = models.ForeignKey("authkit.Session", models.SET_NULL, null=True)
