"""The sandbox: runs the project's code without side effects."""
