"""Second factors: what belongs to the account, and a folder for each factor."""
