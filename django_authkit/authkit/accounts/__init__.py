"""What users do with their own account: register, view, change and delete it."""
