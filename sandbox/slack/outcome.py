"""What came of what a person did."""

from dataclasses import dataclass, field

from sandbox.slack.delivery import Ack
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Json


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of what a person did."""

    ack: Ack | None = None
    error: Refused | None = None
    beside: Json = field(default_factory=dict)
