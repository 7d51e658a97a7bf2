from tests.attacks.conftest import logs, stage, unhurt

__all__ = ["logs", "stage", "unhurt"]
