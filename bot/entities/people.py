"""People and channels."""

import re
from collections.abc import Sequence
from typing import Final

from bot.act import Acting
from bot.content import Account
from bot.entities.kind import Kind
from bot.entities.offers import matching
from bot.entities.parts import LONGEST_OPTION, Context, Given, Look, WrongAnswer
from bot.entities.things import channel_thing, field_of
from bot.entities.typed import CHANNEL, MEMBER, fitting, line, quoted, typed_name
from bot.template import Choice, Entity
from bot.things import person_thing
from bot.values import Thing, Value, text_of_value

ACCOUNT: Final = "account="
"""Marks a person whom Confluence named, and Slack didn't."""
_MEMBER_ID: Final = re.compile(r"[UW][A-Z0-9]{2,20}")
_CHANNEL_ID: Final = re.compile(r"[CG][A-Z0-9]{2,20}")
_ME: Final = frozenset({"me", "myself", "i", "@me"})
_HERE: Final = frozenset({"here", "#here", "this channel", "this one"})
_PERSON: Final = re.compile(rf"{MEMBER.pattern}|[^<>,;\n]+")
_AND: Final = re.compile(r"(?:^|\s+)(?:and|&amp;|&)(?:\s+|$)", re.IGNORECASE)


class Person(Kind):
    """Somebody: a member of the workspace, or whom Confluence knows by name."""

    expects = "a person: mention them, as in @ada, or say “me”"
    has_many = True

    def look(self, entity: Entity, value: Value = None) -> Look:
        """Return Slack's own menu, where it can show whom is held."""
        held = value if isinstance(value, tuple) else (value,)
        in_slack = all(_is_in_slack(each) for each in held)
        if entity.many:
            return Look.USERS if in_slack else Look.MULTI_EXTERNAL_MENU
        return Look.USER if in_slack else Look.EXTERNAL_MENU

    def hint(self, context: Context) -> str:
        """See ``Kind.hint``."""
        return "Mention them, or say “me”."

    def suggests(self, entity: Entity) -> bool:
        """See ``Kind.suggests``."""
        return True

    async def suggest(self, entity: Entity, words: str, context: Context) -> Sequence[Choice]:
        """Return whom Confluence knows by *words*."""
        if not line(words):
            return ()
        found = await _called(words, context)
        return [each for each in map(_option, found) if each is not None]

    def parts(self, entity: Entity, given: Given) -> Sequence[Given]:
        """Split at commas and “and”; each mention stands for itself."""
        if given.value is not None or not given.text:
            return super().parts(entity, given)
        said: list[str] = []
        for found in _PERSON.finditer(given.text):
            said += [found[0]] if found[1] else _AND.split(found[0])
        kept = [each.strip() for each in said if line(each)]
        return [Given(text=each, is_plain=given.is_plain) for each in kept] or [given]

    async def read(self, entity: Entity, given: Given, context: Context) -> Thing:
        """Return the person, with their account at Atlassian where it is known."""
        if isinstance(given.value, Thing):
            return await self._held(given.value, context)
        mentions = {} if given.is_plain else dict(MEMBER.findall(given.text))
        if len(mentions) > 1:
            raise WrongAnswer(f"Those are {len(mentions)} people. Say which one of them you mean.")
        for user, label in mentions.items():
            return await _member(user, label, context)
        text = await typed_name(given, context)
        if text.casefold() in _ME:
            return await _member(context.principal.user_id, "", context)
        if (given.is_plain or given.value) and _MEMBER_ID.fullmatch(text):
            return await _member(text, "", context)
        if text.startswith(ACCOUNT):
            account, _, name = text.removeprefix(ACCOUNT).partition(" ")
            return await _with_account(account, name, context)
        return await _named(text.removeprefix("@").strip(), context)

    async def _held(self, value: Thing, context: Context) -> Thing:
        if user := field_of(value, "user"):
            return await _member(user, "", context)
        if account := field_of(value, "account"):
            return await _with_account(account, field_of(value, "name"), context)
        raise WrongAnswer(f"{quoted(value.label)} isn't a person. Give {self.expects}.")

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        text = text_of_value(value)
        if user := field_of(value, "user"):
            return fitting(user, text)
        if isinstance(value, str):
            is_known = _MEMBER_ID.fullmatch(text) or text.startswith(ACCOUNT)
            return fitting(text, text.partition(" ")[2] or text) if is_known else None
        account, name = field_of(value, "account"), field_of(value, "name")
        return _option(Account(account, name)) if account else None  # type: ignore[arg-type]


def _is_in_slack(value: Value) -> bool:
    """Tell whether Slack's own menu can show *value*, or has nothing to show."""
    if isinstance(value, Thing):
        return bool(field_of(value, "user"))
    return not text_of_value(value).startswith(ACCOUNT)


def _option(person: Account) -> Choice | None:
    """Return the option that stands for somebody by account and name, if it has room."""
    value = f"{ACCOUNT}{person.id} {line(person.name)}"[:LONGEST_OPTION].strip()
    has_room = len(ACCOUNT) + len(person.id) < LONGEST_OPTION
    return fitting(value, person.name) if has_room else None


async def _member(user: str, label: str, context: Context) -> Thing:
    async def look(acting: Acting) -> Account | None:
        return await context.actor.find_account(acting, user)

    name = line(label).removeprefix("@") or line(await context.name_of(user))
    return person_thing(name, user, await context.run(look))


async def _called(name: str, context: Context) -> Sequence[Account]:
    async def look(acting: Acting) -> Sequence[Account]:
        return await context.confluence.find_people(acting.connection, acting.site, name)

    return await context.run(look)


async def _named(name: str, context: Context) -> Thing:
    known = await _called(name, context) if name else ()
    found = matching(name, known, lambda each: each.name)
    if len(found) == 1:
        return person_thing(line(found[0].name), account=found[0])
    offered = tuple(each for each in map(_option, found or known) if each is not None)
    if found:
        raise WrongAnswer(f"Several people go by {quoted(name)}. Say whom you mean.", offered)
    raise WrongAnswer(
        f"I know nobody called {quoted(name)}. Mention them, as in @ada, or say “me”.", offered
    )


async def _with_account(account: str, name: str, context: Context) -> Thing:
    """Return somebody chosen before, by what Confluence calls them now."""
    found = [each for each in await _called(name, context) if each.id == account] if name else []
    if not found:
        raise WrongAnswer("That person isn't found any more. Mention them, as in @ada.")
    return person_thing(line(found[0].name), account=found[0])


class Channel(Kind):
    """A channel of Slack's."""

    expects = "a channel: type # and choose it, or say “here”"

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.CHANNEL

    def hint(self, context: Context) -> str:
        """See ``Kind.hint``."""
        return "Type # and choose it, or choose it from the menu."

    async def read(self, entity: Entity, given: Given, context: Context) -> Thing:
        """Return the channel; Slack tells its name where the bot may know it."""
        named = {} if given.is_plain else dict(CHANNEL.findall(given.text))
        if len(named) > 1:
            raise WrongAnswer(f"Those are {len(named)} channels. Say which one of them you mean.")
        for channel, label in named.items():
            return await self._of(channel, label, context)
        if isinstance(given.value, Thing):
            text = field_of(given.value, "id")
        else:
            text = await typed_name(given, context)
        if (given.is_plain or given.value) and _CHANNEL_ID.fullmatch(text):
            return await self._of(text, "", context)
        if text.casefold() in _HERE and _CHANNEL_ID.fullmatch(context.channel):
            return await self._of(context.channel, "", context)
        raise WrongAnswer(
            f"{quoted(text)} isn't a channel that I can find by its name. Choose it from the "
            "menu, or type # and choose it, so that Slack tells me which it is."
        )

    async def _of(self, channel: str, label: str, context: Context) -> Thing:
        name = line(label).removeprefix("#") or line(await context.name_of(channel))
        return channel_thing(channel, name.removeprefix("#"))

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        text = text_of_value(value)
        channel = text if _CHANNEL_ID.fullmatch(text) else field_of(value, "id")
        return fitting(channel, text)
