"""Everything that can go wrong, by who can put it right.

BotError
├── UserError           the person who asked, by asking differently
│   ├── BadInput            names the field of a form, where there is one
│   │   └── ExpressionRefused   a template's expression can't be read, or isn't allowed
│   ├── WrongEntities       the same of several fields: why, by entity
│   ├── TemplateRefused     a template's file can't be read, or would not work
│   ├── ExpressionFailed    a template's expression doesn't suit the values it was given
│   │   └── Undefined           … or names one that there isn't
│   ├── NotFound
│   │   └── NoSuchSection       the page has no heading of those words
│   ├── NotAllowed
│   │   ├── ReadOnly            its admins have switched writing off
│   │   ├── OrganisationBroken  the organisation's connection doesn't work: an admin mends it
│   │   │   └── OrganisationLacks   … once more, for a scope that the action needs
│   │   ├── NoLicence           the account may not use Confluence on that site
│   │   ├── AppBlocked          an organisation's policy shuts the app out
│   │   ├── NotOffered          the provider doesn't let apps do that, whoever asks
│   │   ├── CredentialRefused   this kind of credential isn't taken there
│   │   └── CaptchaRequired     too many failed logins: the person logs in by browser first
│   ├── TitleTaken          a page of that title exists in the space
│   ├── Changed             what was read has a newer version by now
│   └── Ambiguous           several things go by that name
│       └── SiteRequired        … as do several sites, and none was chosen
├── ConsentRequired     the same person, by connecting their account
│   └── ScopeMissing        … once more, for a scope that the action needs
├── Unavailable         nobody; waiting helps; nothing was written
│   └── QuotaSpent          we have used our share of the provider for now
├── Unclear             nobody yet; a write was sent and its outcome isn't known
├── InstallationBroken  an admin: Slack refuses the bot's token; we must be installed again
├── ProfileBroken       an admin: the provider refuses the profile itself
│   └── NoApiThere          … or what answers at its address isn't Confluence's API
└── ProviderFault       us or the provider; this is a bug report
    └── SealBroken          … or whoever runs us: a sealed value doesn't open
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


class BotError(Exception):
    """Base of every error this project raises on purpose."""

    code: ClassVar[str] = "bot_error"


class UserError(BotError):
    """The request can't be met as asked; the message is shown as it stands."""

    code = "user_error"


class BadInput(UserError):
    """An argument or a form's field is missing or malformed."""

    code = "bad_input"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        """Say what is wrong and, in a form, with which *field* (its block id)."""
        super().__init__(message)
        self.field = field


class ExpressionRefused(BadInput):
    """A template's expression can't be read, or holds what expressions may not."""

    code = "expression_refused"

    def __init__(self, why: str, line: int, column: int) -> None:
        """Say *why*, and at which *line* and *column* of its text, both from 1."""
        super().__init__(f"Line {line}, column {column}: {why}.")
        self.why = why
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong with a template's file, and where; *line* and *column* count from 1.

    *where* is the place in it, as in ``steps[2].create.title``.
    """

    line: int
    column: int
    where: str
    message: str

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"Line {self.line}: {self.message}"


class TemplateRefused(UserError):
    """A template's file can't be read, or what it says would not work."""

    code = "template_refused"

    def __init__(self, problems: Iterable[Problem], name: str = "") -> None:
        """Keep all *problems* of the file *name*; tell the first."""
        self.problems = tuple(problems)
        others = len(self.problems) - 1
        more = f" That is the first of {len(self.problems)} problems." if others else ""
        first = str(self.problems[0])
        first = first if first.endswith("?") else f"{first}."
        super().__init__(
            f"The template {name}".rstrip() + f" can't be used. {first}{more} "
            "Nothing was installed or changed: put it right and give the file once more."
        )


class ExpressionFailed(UserError):
    """A template's expression can't be worked out with the values there are."""

    code = "expression_failed"


class Undefined(ExpressionFailed):
    """A template's expression names something that isn't there."""

    code = "expression_undefined"


class WrongEntities(UserError):
    """Some of what was given for a dialog's entities can't be; *wrong* says why, by entity."""

    code = "wrong_entities"

    def __init__(self, wrong: Mapping[str, str]) -> None:
        """Say what is wrong with which."""
        told = " ".join(wrong.values())
        super().__init__(f"{told} Nothing was written: put it right, and send it once more.")
        self.wrong = dict(wrong)


class NotFound(UserError):
    """The space, page or link isn't there, or isn't visible to the principal."""

    code = "not_found"


class NoSuchSection(NotFound):
    """The page has no heading of those words."""

    code = "no_such_section"

    def __init__(self, message: str, headings: tuple[str, ...]) -> None:
        """Name the *headings* that it has, from top to bottom."""
        super().__init__(message)
        self.headings = headings


class NotAllowed(UserError):
    """The principal may not do that, whatever they connect."""

    code = "not_allowed"


class ReadOnly(NotAllowed):
    """The tenant writes nothing for now."""

    code = "read_only"

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "Your workspace's admins have switched writing off, so nothing was written. "
            "Your text is safe; searching and reading go on. Ask an admin when it is on again."
        )


class OrganisationBroken(NotAllowed):
    """The organisation's connection can't be used, and only an admin can mend that."""

    code = "organisation_broken"

    def __init__(self, cause: BotError, words: str = "") -> None:
        """Keep what is wrong with it as *cause_code*, for whoever looks into it."""
        super().__init__(
            words
            or "The organisation's connection to Confluence doesn't work just now, so nothing was "
            "done. Ask an admin of the workspace to look at it; nobody needs to connect anew."
        )
        self.cause_code = cause.code


class OrganisationLacks(OrganisationBroken):
    """The organisation's connection stands but doesn't cover the action."""

    code = "organisation_scope_missing"

    def __init__(self, cause: "ScopeMissing") -> None:
        """Name what it lacks, for the asker to pass on."""
        lacking = ", ".join(sorted(cause.scopes))
        super().__init__(
            cause,
            f"The organisation's connection to Confluence isn't allowed to do that: it lacks "
            f"{lacking}. Nothing was done. Ask an admin of the workspace to authorize it again, "
            "under “Authorization” in administration; nobody needs to connect anew.",
        )


class NoLicence(NotAllowed):
    """The provider's account may not use Confluence on that site."""

    code = "no_licence"


class AppBlocked(NotAllowed):
    """An organisation's policy shuts our app out, or its owner hasn't shared it."""

    code = "app_blocked"


class NotOffered(NotAllowed):
    """The provider offers apps no way to do that, whoever asks."""

    code = "not_offered"


class CredentialRefused(NotAllowed):
    """The site doesn't take this kind of credential, whatever it holds."""

    code = "credential_refused"


class CaptchaRequired(NotAllowed):
    """After too many failed logins the site wants its person to log in by browser."""

    code = "captcha_required"


class TitleTaken(UserError):
    """The space has a page of that title, which the principal may not even see."""

    code = "title_taken"


class Changed(UserError):
    """What was to be changed has changed meanwhile."""

    code = "changed"


class Ambiguous(UserError):
    """Several things go by that name; *choices* are (id, label), best first."""

    code = "ambiguous"

    def __init__(self, message: str, choices: tuple[tuple[str, str], ...]) -> None:
        """Say what is ambiguous, and offer the *choices*."""
        super().__init__(message)
        self.choices = choices


class SiteRequired(Ambiguous):
    """The grant opens several sites and its person has chosen none."""

    code = "site_required"

    def __init__(self, sites: tuple[tuple[str, str], ...]) -> None:
        """Offer the *sites* as (cloud id, name); *resumes* is as in `ConsentRequired`."""
        super().__init__("Which Confluence site do you mean? Nothing was done yet.", sites)
        self.resumes = ""


class ConsentRequired(BotError):
    """The principal has no usable grant under the named authorization profile."""

    code = "consent_required"

    def __init__(self, profile: str, *, ended: bool = False) -> None:
        """Name the *profile*; *ended* tells a grant that died from one never given.

        *scopes* are what the action needs, where that is known. *resumes* is what to go on with
        afterwards, in a command's words, where it is something else than what was asked.
        """
        super().__init__(f"no usable grant under profile {profile!r}")
        self.profile = profile
        self.ended = ended
        self.scopes: frozenset[str] = frozenset()
        self.resumes = ""


class ScopeMissing(ConsentRequired):
    """The grant stands but doesn't cover the action; renewing it won't help."""

    code = "scope_missing"

    def __init__(self, profile: str, scopes: frozenset[str]) -> None:
        """Name the *scopes* that the action needs and the grant lacks.

        *narrowed* says that it was given them, and has lost them since: the same account
        was connected elsewhere with fewer.
        """
        super().__init__(profile)
        self.scopes = scopes
        self.narrowed = False


class Unavailable(BotError):
    """The provider is down, slow or rate limiting; nothing was changed there."""

    code = "unavailable"

    def __init__(self, provider: str, *, retry_after: float | None = None) -> None:
        """Say who is unavailable and, where they told us, for how many seconds."""
        super().__init__(f"{provider} is unavailable")
        self.provider = provider
        self.retry_after = retry_after


class QuotaSpent(Unavailable):
    """The points that this person, tenant or app may use are spent until *until*."""

    code = "quota_spent"

    def __init__(self, provider: str, until: datetime, *, retry_after: float) -> None:
        """Say when the next points come."""
        super().__init__(provider, retry_after=retry_after)
        self.until = until


class Unclear(BotError):
    """A write was sent and no answer tells what became of it."""

    code = "unclear"

    def __init__(self, provider: str) -> None:
        """Name the *provider* that went quiet."""
        super().__init__(f"{provider} didn't say what became of a write")
        self.provider = provider


class InstallationBroken(BotError):
    """Slack refuses the bot's token in this tenant, or to renew it."""

    code = "installation_broken"


class ProfileBroken(BotError):
    """The provider refuses the profile's own client id, secret or callback."""

    code = "profile_broken"


class NoApiThere(ProfileBroken):
    """At the address of the profile a web page answers, and not Confluence's API."""

    code = "no_api_there"


class ProviderFault(BotError):
    """The provider broke its own contract: an answer nothing here expects."""

    code = "provider_fault"

    def __init__(self, message: str, *, provider: str = "") -> None:
        """Say what was wrong and, where that is known, whose answer it was."""
        super().__init__(message)
        self.provider = provider


class SealBroken(ProviderFault):
    """A sealed value can't be opened: its key is unknown, or it isn't what was sealed here."""

    code = "seal_broken"
