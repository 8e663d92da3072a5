"""What people do with their own account: look at it, change it, leave."""
