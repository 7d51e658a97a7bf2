"""The time, as everybody here is told it."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""The time, in UTC and aware of it."""
