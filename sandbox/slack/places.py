"""Where on the screen an element is: in a message, a modal or the home tab."""

from dataclasses import dataclass

from sandbox.slack import data, elements
from sandbox.slack.payloads import in_message, in_view
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.state import Json, Message, View
from sandbox.slack.views import Views
from sandbox.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Place:
    """What holds the element: a message or a view."""

    holder: Message | View
    #: who looks at it
    user: str

    @property
    def blocks(self) -> list[Json]:
        """Everything that is shown there."""
        if isinstance(self.holder, View):
            blocks: list[Json] = self.holder.body["blocks"]
            return blocks
        attached = [b for a in self.holder.attachments for b in a.get("blocks", ())]
        return self.holder.blocks + attached

    @property
    def view(self) -> View | None:
        """The view, where it is one."""
        return self.holder if isinstance(self.holder, View) else None

    @property
    def home(self) -> str:
        """Where the app is installed that put it there."""
        if isinstance(self.holder, View):
            return self.holder.home
        return data.HOME_OF_BOT.get(self.holder.user, data.TEAM)

    @property
    def channel(self) -> str | None:
        """The conversation that one looks at there."""
        return self.holder.channel

    def element(self, action_id: str, block_id: str | None) -> elements.Pair:
        """The element of this id with its block; refuses where there is none."""
        found = elements.find(self.blocks, action_id, block_id)
        if found is None:
            raise Refused("no_such_action")
        return found

    def key(self, pair: elements.Pair) -> str:
        """Under what the options suggested here are remembered."""
        name = self.holder.id if isinstance(self.holder, View) else self.holder.ts
        return f"{name}/{pair[0]['block_id']}/{pair[1]['action_id']}"

    def keep(self, pair: elements.Pair, value: Json) -> None:
        """Keep what a person put into the element as the holder's state."""
        if elements.keeps_value(pair[1]):
            slot = self.holder.values.setdefault(pair[0]["block_id"], {})
            slot[pair[1]["action_id"]] = {"type": pair[1]["type"], **value}

    def fields(self, workspace: Workspace, person: Json) -> Json:
        """What the app is told about this place."""
        if isinstance(self.holder, View):
            return in_view(self.holder, person)
        return in_message(workspace, person, self.holder, self.home)


class Places:
    """Finds places as people name them."""

    def __init__(self, workspace: Workspace, views: Views) -> None:
        self._workspace = workspace
        self._views = views

    def find(self, user: str, container: object, team: object = None) -> Place:
        """The place that *user* names; raises `Unknown` where they don't see it."""
        if container == "home":
            return self._home(user, self._workspace.team_of(user, team))
        if not isinstance(container, dict):
            raise Unknown("container must be a message, a view or home")
        if "view_id" in container:
            return Place(self._views.get(container["view_id"], user), user)
        return Place(self.message(user, container), user)

    def message(self, user: str, named: Json) -> Message:
        """A message that this person sees; raises `Unknown` otherwise."""
        channel = self._workspace.find_channel(str(named.get("channel")), user)
        where = channel["id"] if channel else ""
        message = self._workspace.find_message(where, str(named.get("ts")))
        if message is None or not self._workspace.sees(user, message):
            raise Unknown("no such message on this screen")
        return message

    def _home(self, user: str, team: str) -> Place:
        view = self._views.home_in(user, team)
        if view is None:
            raise Unknown("the home tab is empty")
        return Place(view, user)
