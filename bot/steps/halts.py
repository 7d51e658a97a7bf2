"""Why a walk over a template's steps doesn't go on."""

from bot.errors import BotError, UserError


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


class Refused(UserError):
    """A write was refused; *refusal* is the code of why."""

    code = "refused"

    def __init__(self, words: str, refusal: str) -> None:
        """Say why in *words*."""
        super().__init__(words)
        self.refusal = refusal
