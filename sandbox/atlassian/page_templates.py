"""Page templates: storage with variables, of a whole site or of one space."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Template:
    """A template; *space* is None for those of the whole site.

    The value is storage in which `at:declarations` stands first and `at:var` where a value goes
    (https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html).
    """

    id: str
    name: str
    value: str
    description: str = ""
    space: int | None = None
    labels: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """A seeded template; *space* is a key."""

    name: str
    value: str
    description: str
    space: str = ""
    labels: tuple[str, ...] = ()


def var(name: str) -> str:
    """Where a variable's value goes."""
    return f'<at:var at:name="{name}" />'


def line(name: str) -> str:
    """A variable of one line."""
    return f'<at:string at:name="{name}" />'


def lines(name: str) -> str:
    """A variable of several lines."""
    return f'<at:textarea at:columns="100" at:name="{name}" at:rows="5" />'


def choice(name: str, *options: str) -> str:
    """A variable with a list of values."""
    held = "".join(f'<at:option at:value="{each}" />' for each in options)
    return f'<at:list at:name="{name}">{held}</at:list>'


def declared(*variables: str) -> str:
    """The head of a template."""
    return f"<at:declarations>{''.join(variables)}</at:declarations>"


PLANS = (
    Plan(
        "Decision record",
        declared(
            line("Decision"),
            lines("Context"),
            choice("Status", "Proposed", "Accepted", "Rejected"),
        )
        + f"<p>Status: <strong>{var('Status')}</strong></p>"
        f"<h2>Decision</h2><p>{var('Decision')}</p><h2>Context</h2><p>{var('Context')}</p>"
        '<ac:structured-macro ac:name="info"><ac:rich-text-body><p>'
        f"Ask before “{var('Decision')}” is changed.</p></ac:rich-text-body></ac:structured-macro>",
        "Why something is as it is",
        labels=("decision",),
    ),
    Plan(
        "Release notes",
        declared(
            line("Version"),
            lines("Changes"),
            choice("Audience", "Customers", "Colleagues &amp; friends"),
        )
        + f"<h2>Version {var('Version')}</h2><p>For: {var('Audience')}</p>"
        f"<p>{var('Changes')}</p><p>Read the notes of {var('Version')} to the end.</p>",
        "What is new, and for whom",
        "ENG",
        ("release", "notes"),
    ),
    Plan(
        "Standing agenda",
        "<h2>Since last time</h2><p>What was done.</p><h2>Until next time</h2>"
        "<p><ac:placeholder>Who does what</ac:placeholder></p>",
        "The same every week",
    ),
)


def seeded(keys: dict[str, int], first: int) -> dict[str, Template]:
    """The seeded templates by id, counted from *first*; *keys* maps a space's key to its id.

    A site without the space of a template doesn't have that template.
    """
    plans = [each for each in PLANS if not each.space or each.space in keys]
    found = [
        Template(
            str(number),
            plan.name,
            plan.value,
            plan.description,
            keys.get(plan.space),
            list(plan.labels),
        )
        for number, plan in enumerate(plans, start=first)
    ]
    return {each.id: each for each in found}
