from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import router

from authkit.factors.totp.importing import import_device


class Command(BaseCommand):
    help = (
        "Import the confirmed devices of django-otp's otp_totp app, so that their owners keep "
        "their authenticator apps. Leaves the old table unchanged. Idempotent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say how many there are.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not apps.is_installed("django_otp.plugins.otp_totp"):
            raise CommandError(
                'There are no devices to take over: "django_otp.plugins.otp_totp" is not in '
                "INSTALLED_APPS."
            )
        stock: Any = apps.get_app_config("otp_totp").get_model("TOTPDevice")
        primary = stock._default_manager.using(router.db_for_write(stock))
        devices = primary.filter(confirmed=True).select_related("user")
        if options["dry_run"]:
            self.stdout.write(f"{devices.count()} confirmed devices could be taken over.")
            return
        self._import(devices)

    def _import(self, devices: Any) -> None:
        taken = 0
        for device in devices.order_by("pk").iterator():
            result = import_device(device)
            taken += not result.reason
            if result.reason:
                self.stdout.write(f"left {result.user}: {result.reason}")
        self.stdout.write(f"{taken} devices taken over.")
