"""What WebSockets cost: handshakes, those that are idle, and how soon they end."""
