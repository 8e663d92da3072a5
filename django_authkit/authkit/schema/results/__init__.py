"""What is told: findings, folded by cause, where they are, and what a change has changed."""
