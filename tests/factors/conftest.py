from tests.second_factor.conftest import _mailers, comparisons, enrol, owner

__all__ = ["_mailers", "comparisons", "enrol", "owner"]
