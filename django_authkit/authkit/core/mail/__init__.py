"""Mails: rendering, handing over, samples."""
