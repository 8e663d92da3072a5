"""The ways in, and the one funnel that they all end in."""
