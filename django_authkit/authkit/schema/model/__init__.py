"""What the audit knows: the audited schema, findings, the report."""
