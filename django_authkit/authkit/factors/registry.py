"""The second factors that there are: one line each.

``authkit.models`` imports this module beside the models, so every process that has loaded the
models knows the factors. ``AppConfig.ready()`` is no place for it: ``apps.py`` is loaded before
models can be, so the import would have to stand inside of a function.
"""

from authkit.core.factors import register
from authkit.factors import attempts  # noqa: F401 - receives password_reset
from authkit.factors.recovery_codes.factor import RecoveryCodes
from authkit.factors.totp.factor import TOTP

register(TOTP())
register(RecoveryCodes())
