"""Users whatever the user model is: names, e-mail, one-time links."""
