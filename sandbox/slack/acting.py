"""What people do in Slack: type, press, fill in, submit, close."""

from sandbox.slack import elements, payloads
from sandbox.slack.acks import Acks, failure
from sandbox.slack.delivery import Ack, Deliveries, Delivery
from sandbox.slack.events import Events
from sandbox.slack.files import fields_of
from sandbox.slack.outcome import Outcome
from sandbox.slack.pickable import pickable
from sandbox.slack.places import Place, Places
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.speaking import Speaking
from sandbox.slack.state import Json, View
from sandbox.slack.telling import Telling
from sandbox.slack.views import Views
from sandbox.slack.workspace import Workspace

#: what an action repeats of its element
_TOLD = ("text", "style", "url", "placeholder", "confirm")


class Acting:
    """People's hands."""

    def __init__(
        self, workspace: Workspace, views: Views, deliveries: Deliveries, events: Events
    ) -> None:
        self._workspace = workspace
        self._views = views
        self._deliveries = deliveries
        self._acks = Acks(workspace, views)
        self._telling = Telling(workspace, events)
        self._speaking = Speaking(workspace, deliveries, self._telling, self._acks)
        self._places = Places(workspace, views)

    async def type(self, user: str, fields: Json) -> Outcome:
        """A slash command or a message."""
        return await self._speaking.type(user, fields)

    async def edit(self, user: str, fields: Json) -> Outcome:
        """Other words for a message of one's own."""
        return await self._speaking.edit(user, fields)

    async def delete(self, user: str, fields: Json) -> Outcome:
        """Take back a message of one's own."""
        return await self._speaking.delete(user, fields)

    async def press(self, user: str, fields: Json) -> Outcome:
        """A button, a menu, or any element that reports what is done with it."""
        place = self._places.find(user, fields["container"], fields.get("team"))
        pair = place.element(fields["action_id"], fields.get("block_id"))
        block, element = pair
        value = self._chosen(place, pair, fields.get("value"))
        place.keep(pair, value)
        leads = value.get("selected_option") if element["type"] == "overflow" else element
        beside = {"url": leads["url"]} if leads and "url" in leads else {}
        if block["type"] == "input" and not block.get("dispatch_action"):
            self._workspace.changes.touch([user])
            return Outcome(beside=beside)
        ack = await self._send_action(user, fields.get("team"), place, (pair, value))
        return Outcome(ack, self._after_press(ack, place, pair), beside)

    async def suggest(self, user: str, fields: Json) -> Outcome:
        """What the app offers for what was typed into a menu."""
        place = self._places.find(user, fields["container"], fields.get("team"))
        pair = place.element(fields["action_id"], fields.get("block_id"))
        block, element = pair
        if "external_select" not in element["type"]:
            raise Refused("not_an_external_select")
        nothing: Json = {"options": [], "option_groups": None}
        # 3 is Slack's minimum where the app names none.
        if len(fields["value"]) < element.get("min_query_length", 3):
            return Outcome(beside=nothing)
        person = self._workspace.person(user)
        payload = self._interaction("block_suggestion", user, place.home, fields.get("team"))
        payload |= place.fields(self._workspace, person)
        payload.pop("response_url", None)
        payload |= {"action_id": element["action_id"], "block_id": block["block_id"]}
        payload["value"] = fields["value"]
        ack = await self._deliveries.send(Delivery("interactive", payload, user))
        found, error = self._acks.options(ack)
        self._workspace.state.offered[place.key(pair)] = {"options": found["options"]}
        return Outcome(ack, error, found)

    async def submit(self, user: str, fields: Json) -> Outcome:
        """The form on top, or the one named, with these values put in first."""
        view = self._view(user, fields)
        if "submit" not in view.body and not self._inputs(view):
            raise Refused("no_submit_button")
        self._fill(view, fields.get("values") or {})
        complaints = self._complaints(view)
        if complaints:
            self._views.complain(view, complaints)
            return Outcome(None, Refused("form_invalid"), {"errors": complaints})
        self._hand_over(view)
        person = self._workspace.person(user)
        payload = self._interaction("view_submission", user, view.home)
        payload |= payloads.in_view(view, person)
        del payload["container"]
        payload["trigger_id"] = self._workspace.mint_trigger(user, view.id, view.home, view.channel)
        payload["response_urls"] = self._response_urls(view)
        ack = await self._deliveries.send(Delivery("interactive", payload, user))
        if view.id not in self._workspace.state.views:
            return Outcome(ack, None, {"errors": {}})
        errors, error = self._acks.submission(ack, view)
        return Outcome(ack, error, {"errors": errors})

    async def close(self, user: str, fields: Json) -> Outcome:
        """*Cancel*, or with ``all`` the ✕, which closes the whole stack."""
        view = self._view(user, fields)
        everything = bool(fields.get("all")) or bool(view.body.get("clear_on_close"))
        if everything:
            view = self._views.stack(user)[0]
        person = self._workspace.person(user)
        payload = self._interaction("view_closed", user, view.home)
        payload |= payloads.in_view(view, person) | {"is_cleared": everything}
        del payload["container"]
        self._views.remove(view)
        if not view.body.get("notify_on_close"):
            return Outcome()
        return Outcome(await self._deliveries.send(Delivery("interactive", payload, user)))

    async def shortcut(self, user: str, fields: Json) -> Outcome:
        """A shortcut, global or on a message."""
        team = self._workspace.team_of(user, fields.get("team"))
        app = self._workspace.installs.app_in(team)
        wanted = "message" if "ts" in fields else "global"
        known = self._workspace.manifest.shortcuts()
        named = (s for s in known if s["callback_id"] == fields["callback_id"])
        if app is None or all(each["type"] != wanted for each in named):
            raise Refused("no_such_shortcut")
        payload = self._interaction(
            "message_action" if "ts" in fields else "shortcut", user, app.id, team
        )
        payload["callback_id"] = fields["callback_id"]
        payload["action_ts"] = self._ts()
        if "ts" in fields:
            payload |= self._on_message(user, app.id, fields)
        elif app.is_org:
            payload["team"] = None  # slackapi/bolt-python pull request 23
        payload["trigger_id"] = self._workspace.mint_trigger(
            user, home=app.id, channel=payload.get("channel", {}).get("id")
        )
        ack = await self._deliveries.send(Delivery("interactive", payload, user))
        if not ack.ok:
            name = self._workspace.manifest.name
            self._workspace.notify(user, f"{name} didn’t respond to the shortcut. Try again.")
        return Outcome(ack, failure(ack))

    async def open_home(self, user: str, fields: Json) -> Outcome:
        """The app's tab: the home tab, or its messages."""
        person = self._workspace.person(user)
        team = self._workspace.team_of(user, fields.get("team"))
        app = self._workspace.installs.app_in(team)
        if app is None:
            raise Refused("app_not_visible")
        tab = fields.get("tab", "home")
        event: Json = {"type": "app_home_opened", "user": user, "tab": tab}
        channel = self._workspace.installs.direct(user, app)
        event |= {"channel": channel["id"], "event_ts": self._ts()}
        view = self._views.home(user, app.id)
        if view is not None and tab == "home":
            event["view"] = payloads.view_fields(view, person)
        return await self._telling.tell("app_home_opened", event, team)

    def dismiss(self, user: str, fields: Json) -> Outcome:
        """Take a notice or an ephemeral message off the screen."""
        state = self._workspace.state
        if "notice_id" in fields:
            gone = (user, fields["notice_id"])
            state.notices = [n for n in state.notices if (n.user, n.id) != gone]
        else:
            message = self._places.message(user, fields)
            if message.only_for != user:
                raise Refused("not_ephemeral")
            message.hidden_from.append(user)
        self._workspace.changes.touch([user])
        return Outcome()

    async def _send_action(
        self, user: str, team: object, place: Place, chosen: tuple[elements.Pair, Json]
    ) -> Ack:
        (block, element), value = chosen
        person = self._workspace.person(user)
        action: Json = {"type": element["type"], "action_id": element["action_id"]}
        action |= {"block_id": block["block_id"], "action_ts": self._ts(), **value}
        action |= {k: v for k, v in element.items() if k in _TOLD or k.startswith("initial_")}
        payload = self._interaction("block_actions", user, place.home, team)
        payload |= place.fields(self._workspace, person)
        view = place.view
        in_stack = view.id if view and view.body["type"] == "modal" else None
        payload["trigger_id"] = self._workspace.mint_trigger(
            user, in_stack, place.home, place.channel
        )
        payload["actions"] = [action]
        return await self._deliveries.send(Delivery("interactive", payload, user))

    def _interaction(self, kind: str, user: str, home: str, team: object = None) -> Json:
        """What the payload begins with, for the app as it is installed at *home*."""
        person, app = self._workspace.person(user), self._workspace.state.installations[home]
        where = home
        if app.is_org:
            here = self._workspace.team_of(user, team)
            where = here if here in app.teams else next(iter(app.teams), home)
        return payloads.interaction(kind, person, app, where)

    def _after_press(self, ack: Ack, place: Place, pair: elements.Pair) -> Refused | None:
        if isinstance(place.holder, View):
            return self._acks.press_in_view(ack, place.holder)
        ids = (pair[0]["block_id"], pair[1]["action_id"])
        return self._acks.press(ack, place.holder, ids)

    def _chosen(self, place: Place, pair: elements.Pair, value: object) -> Json:
        offered = self._workspace.state.offered.get(place.key(pair), {})
        return elements.chosen(pair[1], value, self._held(place, pair, offered))

    def _held(self, place: Place, pair: elements.Pair, offered: Json) -> list[Json]:
        """Options offered last and those chosen already, or what Slack itself has for them."""
        if elements.picks_ids(pair[1]):
            return pickable(self._workspace, place.user, pair[1])
        if pair[1]["type"] == "file_input":
            mine = [f for f in self._workspace.state.files.values() if f.user == place.user]
            return [fields_of(file, self._workspace.base_url) for file in mine]
        held = place.holder.values.get(pair[0]["block_id"], {}).get(pair[1]["action_id"], {})
        chosen = [held["selected_option"]] if held.get("selected_option") else []
        return [*offered.get("options", ()), *chosen, *(held.get("selected_options") or ())]

    def _view(self, user: str, fields: Json) -> View:
        if fields.get("view_id"):
            view = self._views.get(fields["view_id"], user)
            if view.body["type"] != "modal":
                raise Unknown("a home tab is neither submitted nor closed")
            return view
        return self._views.top(user)

    def _fill(self, view: View, values: Json) -> None:
        place = Place(view, view.user)
        for name, given in values.items():
            by_block = any(b["block_id"] == name for b in place.blocks)
            inner = given if by_block and isinstance(given, dict) else {name: given}
            for action_id, value in inner.items():
                pair = place.element(action_id, name if inner is given else None)
                place.keep(pair, self._chosen(place, pair, value))

    def _inputs(self, view: View) -> list[Json]:
        return [block for block in view.body["blocks"] if block["type"] == "input"]

    def _complaints(self, view: View) -> Json:
        found = {}
        for block in self._inputs(view):
            value = view.values[block["block_id"]][block["element"]["action_id"]]
            found[block["block_id"]] = elements.complaint(block, value)
        return {block_id: text for block_id, text in found.items() if text}

    def _hand_over(self, view: View) -> None:
        """Let the app have the files that are in the form."""
        for slot in view.values.values():
            for value in slot.values():
                for file in value.get("files") or ():
                    kept = self._workspace.state.files[file["id"]]
                    kept.sent_to = sorted({*kept.sent_to, view.home})

    def _response_urls(self, view: View) -> list[Json]:
        made = []
        for block in self._inputs(view):
            element = block["element"]
            held = view.values[block["block_id"]][element["action_id"]]
            where = held.get("selected_conversation") or held.get("selected_channel")
            if element.get("response_url_enabled") and where:
                url = self._workspace.mint_hook(view.user, where, home=view.home)
                ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
                made.append({**ids, "channel_id": where, "response_url": url})
        return made

    def _on_message(self, user: str, home: str, fields: Json) -> Json:
        message = self._places.message(user, fields)
        if message.only_for is not None:
            raise Refused("no_such_shortcut")
        channel = self._workspace.state.channels[message.channel]
        return {
            "message_ts": message.ts,
            "message": payloads.message_fields(message),
            "channel": payloads.channel_fields(channel),
            "response_url": self._workspace.mint_hook(user, message.channel, home=home),
        }

    def _ts(self) -> str:
        return f"{self._workspace.clock.now():.6f}"
