"""The bot's commands as a person meets them, in this process, over loopback."""

import json

import pytest

from sandbox.person import words
from tests.stage import link_in


class TestHelp:
    async def test_comes_in_the_ack_without_asking_anybody(self, stage):
        await stage.post("slack/log", {"clear": True})
        ada = stage.person("U0ADA")
        await ada.types("/confluence help")
        assert "search &lt;words&gt;" in words(await ada.last())
        assert (await stage.get("slack/log"))["calls"] == []

    async def test_is_the_same_for_everybody(self, stage):
        seen = set()
        for user in ("U0ADA", "U0GUS"):
            person = stage.person(user)
            await person.types("/confluence help")
            seen.add(words(await person.last()))
        assert len(seen) == 1

    async def test_suggests_the_nearest_word(self, stage):
        ada = stage.person("U0ADA")
        await ada.types("/confluence serach x")
        await stage.quiet()
        assert "Did you mean `/confluence search`?" in words(await ada.last())

    @pytest.mark.parametrize("typed", ["<!channel>", "*_~`", "\u202eabc", "x" * 3000, "]]>"])
    async def test_repeats_no_markup(self, stage, typed):
        ada = stage.person("U0ADA")
        await ada.types(f"/confluence {typed}")
        await stage.quiet()
        message = await ada.last()
        assert message["pings"] == []
        assert "<!channel>" not in json.dumps(message["blocks"])


class TestStart:
    async def test_offers_to_connect_a_stranger(self, stage):
        ada = stage.person("U0ADA")
        await ada.types("/confluence")
        message = await ada.waits_for_message("aren't connected yet")
        assert message["ephemeral"]
        await ada.presses("explore")
        await ada.waits_for(lambda seen: "Decision record" in str(seen["modal"]))

    async def test_says_who_one_is(self, stage):
        ada = await stage.connect()
        await ada.types("/confluence")
        assert "*Ada Lindqvist*" in words(await ada.waits_for_message("You are"))


class TestConnect:
    async def test_replaces_the_private_message(self, stage):
        ada = stage.person("U0ADA")
        await ada.types("/confluence connect")
        await stage.quiet()
        message = await ada.last()
        await ada.presses("connect_opened")
        await stage.walk(link_in(message))
        await stage.quiet()
        [seen] = [m for m in await ada.messages() if m["ts"] == message["ts"]]
        assert "Connected as *Ada Lindqvist* to *acme*" in words(seen)
        assert link_in(seen) is None

    async def test_tells_by_direct_message_where_the_button_was_not_pressed(self, stage):
        ada = await stage.connect()
        assert any("Connected as" in words(each) for each in await ada.messages("@app"))

    async def test_goes_on_with_the_search(self, stage):
        ada = await stage.connect(word="search release checklist")
        assert "Release checklist" in words((await ada.messages("@app"))[-1])

    async def test_goes_on_with_the_latest_request_alone(self, stage):
        ada = stage.person("U0ADA")
        await ada.types("/confluence search first")
        await stage.quiet()
        await ada.types("/confluence search release")
        await stage.quiet()
        await stage.walk(link_in(await ada.last()))
        await stage.quiet()
        seen = "".join(words(each) for each in await ada.messages("@app"))
        assert "release" in seen
        assert "first" not in seen


class TestResuming:
    async def test_goes_on_with_what_a_button_began(self, stage):
        ada = await stage.connect()
        await ada.types("/confluence")
        await ada.waits_for_message("You are")
        await ada.presses("create")
        modal = await ada.waits_for(lambda seen: link_in(seen["modal"]))
        await stage.walk(modal)
        await stage.quiet()
        assert "You were about to write a page" in words((await ada.messages("@app"))[-1])

    async def test_goes_on_with_what_a_shortcut_began(self, stage):
        ada = stage.person("U0ADA")
        await ada.types("Minutes of today", "general")
        message = await ada.last()
        await ada.uses_shortcut("create_page_from_message", message)
        modal = await ada.waits_for(lambda seen: link_in(seen["modal"]))
        await stage.walk(modal)
        await stage.quiet()
        assert "“Minutes of today”" in words((await ada.messages("@app"))[-1])


class TestStatus:
    async def test_names_account_site_rights_and_health(self, stage):
        ada = await stage.connect()
        await ada.types("/confluence status")
        seen = words(await ada.waits_for_message("Account"))
        assert "Ada Lindqvist" in seen
        assert "read and search" in seen
        assert "✓ works" in seen

    async def test_notices_a_revoked_consent(self, stage):
        ada = await stage.connect()
        await stage.post("atlassian/revoke", {"account": "ada"})
        await ada.types("/confluence status")
        assert "Reconnect" in words(await ada.waits_for_message("Health"))


class TestSite:
    async def test_switches(self, stage):
        ada = await stage.connect()
        await ada.types("/confluence site")
        await ada.waits_for_message("Which Confluence site")
        await ada.presses("choose_site:1")
        await ada.waits_for_message("You now work on globex")
        await ada.types("/confluence")
        assert "*globex*" in words(await ada.waits_for_message("You are"))


class TestDisconnect:
    async def test_says_what_is_gone_and_what_remains(self, stage):
        ada = await stage.connect()
        await ada.types("/confluence disconnect")
        await ada.waits_for_message("Disconnect")
        await ada.presses("disconnect")
        seen = words(await ada.waits_for_message("Deleted here"))
        assert "What remains at Atlassian" in seen
        assert "https://id.atlassian.com/manage-profile/apps" in seen
        await ada.types("/confluence search x")
        await ada.waits_for_message("I need your consent")


class TestGuests:
    async def test_may_connect_and_nothing_more(self, stage):
        gus = await stage.connect("U0GUS")
        await gus.types("/confluence search release")
        assert "nothing more" in words(await gus.waits_for_message("Guests"))


class TestHome:
    async def test_shows_what_has_just_changed(self, stage):
        ada = stage.person("U0ADA")
        await ada.opens_home()
        await ada.waits_for(lambda seen: "aren't connected yet" in str(seen["home"]))
        await stage.connect()
        assert "You are *Ada Lindqvist*" in str(await ada.home())
