"""The audit: running, explaining, suppressing."""
