"""What takes an account over: its mailbox may have to confirm it (OWASP ASVS 5.0, 7.5.1)."""
