"""The translations of what people see: kept complete, and compiled."""
