from tests.factors.conftest import enrol

__all__ = ["enrol"]
