"""What a template's author says: of a plan, and in the end."""

from contextlib import suppress
from typing import Final

from bot.cutting import cut
from bot.document import Document, Paragraph, Text
from bot.documents.links import host_of, safe_href
from bot.errors import UserError
from bot.expressions.fitting import fitted
from bot.steps.halts import NotYet
from bot.steps.names import Names
from bot.template import ActionTemplate, Button, Card
from bot.values import Thing, Value, text_of_value
from bot.written import NOTHING, Written, write

UNTOLD: Final = (
    "All steps of this template were done, but what it says in the end can't be put together. {why}"
)
_LONGEST_FACT: Final = 500
_LONGEST_CARRIED: Final = 2_000
"""Characters of all that a button carries; so many of a list are too many, too."""
_MOST_CARRIED: Final = 100
_LONGEST_HOST: Final = 30
_LONGEST_LABEL: Final = 40
"""Of a label with a host behind it: what a button shows of both is 75 characters."""
REPLY, CARD, FACT, BUTTON, VALUES = "reply", "card", "fact", "button", "values"


def preview_of(template: ActionTemplate, names: Names) -> Written:
    """Return the author's preview, a document; nothing where it can't be made yet."""
    if not template.preview:
        return NOTHING
    with suppress(NotYet, UserError):
        return write(fitted(names.document(template.preview)))
    return NOTHING


def reply_of(template: ActionTemplate, names: Names) -> Written:
    """Return the author's reply; where it can't be made, what is wrong with it.

    A thing of kind ``reply`` with *text* (a document), *card* (or nothing) and *buttons*. A card
    is labelled with its title and has *url* and *facts*: things of kind ``fact``, each with
    *value*. A button is labelled, and has *task* and *values* (a thing whose fields are the
    entities'), or *url*.
    """
    answer = template.reply
    try:
        text = fitted(names.document(answer.text))
        card = _card(answer.card, names) if answer.card is not None else None
        buttons = tuple(_button(each, names) for each in answer.buttons)
    except NotYet:
        return NOTHING
    except UserError as error:
        told = Paragraph((Text(UNTOLD.format(why=error)),))
        text, card, buttons = Document((told,)), None, ()
    return write(Thing(REPLY, "", {"text": text, "card": card, "buttons": buttons}))


def _card(card: Card, names: Names) -> Thing:
    facts = tuple(
        Thing(FACT, name, {"value": cut(names.text(source), _LONGEST_FACT)})
        for name, source in card.facts.items()
    )
    url = safe_href(names.text(card.url).strip())
    title = _leading(cut(names.text(card.title), _LONGEST_FACT), url, names)
    return Thing(CARD, title, {"url": url, "facts": facts})


def _button(button: Button, names: Names) -> Thing:
    values: dict[str, Value] = {
        name: _carried(names.value(source)) for name, source in button.values.items()
    }
    url = safe_href(names.text(button.url).strip())
    held: dict[str, Value] = {"task": button.task or "", "url": url}
    label = _leading(button.label, url, names)
    return Thing(BUTTON, label, {**held, "values": Thing(VALUES, "", values)})


def _leading(label: str, url: str, names: Names) -> str:
    """Return *label*, and if *url* leads away from the run's site, to which host."""
    site = names.values.get("site")
    home = site.fields.get("url") if isinstance(site, Thing) else ""
    host = host_of(url)
    if not url or url.startswith("mailto:") or (host and host == host_of(str(home))):
        return label
    host = host or "elsewhere"
    # Whose a host is its end says.
    shown = host if len(host) <= _LONGEST_HOST else f"…{host[1 - _LONGEST_HOST :]}"
    return f"{cut(label, _LONGEST_LABEL)} ({shown})"


def _carried(value: Value) -> Value:
    """Return *value* as far as a button may carry it: of a thing what says which one it is."""
    if isinstance(value, tuple):
        return tuple(map(_carried, value[:_MOST_CARRIED]))
    if not isinstance(value, Thing):
        return cut(text_of_value(value), _LONGEST_CARRIED)
    held = {
        name: each
        for name, each in value.fields.items()
        if isinstance(each, str) and len(each) <= _LONGEST_CARRIED
    }
    return Thing(value.kind, cut(value.label, _LONGEST_CARRIED), held)
