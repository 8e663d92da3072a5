"""Whether a password is right, how often that may be asked, and what a log-in by one leaves."""
