"""The connections that are open in a process, and what ends them. Knows no sockets."""
