"""What authkit costs, beside its peers: ``python -m benchmarks --help``."""
