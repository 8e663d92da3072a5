"""What the audit knows of each operation: the document, the decision, and what would be true."""
