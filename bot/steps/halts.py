"""Why a walk over a template's steps doesn't go on."""

from bot.errors import BotError


class Halt(BotError):
    """The walk ends here for now; nothing is wrong."""

    code = "halt"


class Asking(Halt):
    """Something must be asked for first."""

    code = "asking"


class NotYet(Halt):
    """What comes next depends on what a planned write will bring."""

    code = "not_yet"


class Unsettled(Halt):
    """What became of a write can't be read back: its person is asked."""

    code = "unsettled"


class Parked(Halt):
    """Nothing of the next write was sent, for *cause*; it can be confirmed once more."""

    code = "parked"

    def __init__(self, cause: BotError) -> None:
        """Keep the *cause*."""
        super().__init__(str(cause))
        self.cause = cause


class Failed(Halt):
    """The run has come to an end before its last step: a write was refused, or a step says so."""

    code = "run_failed"
