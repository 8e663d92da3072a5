"""Log-in: by password, and the one function that every way of logging in ends in."""
