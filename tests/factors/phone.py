"""An authenticator app, written from RFC 4226 and RFC 6238 and sharing no code with authkit."""

import base64
import hashlib
import hmac
import time

STEP = 30


def code_at(secret, moment, digits=6):
    digest = hmac.new(secret, int(moment // STEP).to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


class Phone:
    def __init__(self, secret, clock=None):
        self.base32 = secret
        self.secret = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self._clock = clock

    def code(self, steps=0):
        """Return the code of the present time step, or of one before (-1) or after (1)."""
        return code_at(self.secret, time.time() + steps * STEP)

    def fresh_code(self):
        """Wait for the next time step, and return its code."""
        self._clock.shift(STEP)
        return self.code()

    def wrong_code(self, number=0):
        """Return one of the codes that are right neither now nor a minute to or fro."""
        right = {self.code(steps) for steps in range(-3, 4)}
        wrong = (f"{value:06d}" for value in range(number, 1_000_000))
        return next(code for code in wrong if code not in right)
