"""An API key in a request: may it be used now, by which client, and for whom does it act."""
