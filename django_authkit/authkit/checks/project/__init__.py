"""What the checks find in the project beside us: its routes, views, authenticators and packages."""
