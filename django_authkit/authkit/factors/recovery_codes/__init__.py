"""Recovery codes (look-up secrets of NIST SP 800-63B): for when the app is lost."""
