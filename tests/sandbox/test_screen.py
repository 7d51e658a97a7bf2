from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from sandbox.screen import serve
from sandbox.screen.driver import Screen, chromium_at
from tests.sandbox.showcase import CHOICES, Running, running_showcase

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[webdriver.Chrome]:
    with chromium_at(chromium) as driver:
        yield driver


@pytest.fixture
def slack() -> Iterator[Running]:
    with running_showcase() as running:
        yield running


@pytest.fixture
def screen(browser: webdriver.Chrome, slack: Running) -> Iterator[Screen]:
    seen = Screen(browser, slack.url)
    seen.resize(1280, 800)
    seen.dark(on=False)
    seen.as_person("U0ADA")
    seen.complaints()
    yield seen
    assert [each for each in seen.complaints() if "favicon" not in each] == []
    browser.get("about:blank")


def heard(slack: Running, kind: str) -> list[dict]:
    return [each for each in slack.app.heard if each["type"] == kind]


def document_typed(screen: Screen, slack: Running) -> list[dict]:
    screen.choose("Space", "Engineering", "en")
    screen.fill("Title", "Minutes")
    screen.submit()
    screen.waits_for(lambda: heard(slack, "view_submission"))
    values = heard(slack, "view_submission")[-1]["view"]["state"]["values"]
    return values["body"]["body"]["rich_text_value"]["elements"]


def test_a_command_is_suggested_run_and_answered_privately(screen, slack):
    screen.testid("composer-input").send_keys("/con")
    suggestion = screen.waits_for(lambda: screen.testid("suggestion"))
    assert "Search, read and create" in suggestion.text
    screen.testid("composer-input").send_keys(Keys.TAB, "hello", Keys.ENTER)
    screen.sees("You said “hello”.")
    (answer,) = screen.texts()
    assert answer.startswith("Only visible to you")
    assert "APP" in answer


def test_a_message_is_seen_by_whoever_is_in_the_channel_at_once(screen, slack, browser):
    ada = browser.current_window_handle
    browser.switch_to.new_window("tab")
    screen.resize(1280, 800)
    screen.as_person("U0BOB")
    browser.switch_to.window(ada)
    screen.type("Good *morning*, @bob")
    bobs = [each for each in browser.window_handles if each != ada]
    browser.switch_to.window(bobs[0])
    screen.sees("Good morning, @Bob Babbage")
    browser.close()
    browser.switch_to.window(ada)


def test_every_kind_of_block_is_drawn(screen, slack):
    screen.type("/confluence blocks")
    screen.sees("Release checklist")
    (answer,) = screen.texts()
    for words in ("in Engineering", "@Bob Babbage", "quoted", "x = 1", "ENG", "Notes", "soon"):
        assert words in answer
    assert "can’t be shown" not in answer
    assert screen.testid("message").find_elements(By.CSS_SELECTOR, "table")


def test_nothing_that_the_app_sends_runs_or_breaks_the_page(screen, slack):
    screen.type("/confluence nasty")
    screen.sees("click me")
    message = screen.testid("message")
    links = message.find_elements(By.TAG_NAME, "a")
    assert [each.get_attribute("href") for each in links] == ["https://ok.example/"]
    assert message.find_elements(By.CSS_SELECTOR, "script, img") == []
    script = "return document.documentElement.scrollWidth <= innerWidth"
    assert screen.driver.execute_script(script)
    assert "owned" not in screen.driver.title


def test_the_page_may_talk_to_the_sandbox_alone(screen):
    for part in ("default-src 'none'", "script-src 'self'", "require-trusted-types-for"):
        assert part in serve.POLICY
    script = "try { document.body.innerHTML = '<b>x</b>'; return 'ran' } catch { return 'refused' }"
    assert screen.driver.execute_script(script) == "refused"
    # The browser says so on its console too; that is what was wanted.
    screen.complaints()


def test_a_press_shows_that_it_is_on_its_way_and_replaces_the_message(screen, slack):
    screen.type("/confluence blocks")
    screen.sees("Release checklist")
    screen.press("Preview")
    screen.sees("Replaced.")
    assert heard(slack, "block_actions")[0]["actions"][0]["value"] == "7"


def test_a_press_that_fails_leaves_a_warning_beside_the_button(screen, slack):
    screen.type("/confluence blocks")
    screen.sees("Release checklist")
    screen.press("Delete")
    screen.sees("Minutes goes to the trash.")
    screen.confirm("Delete")
    screen.sees("This app didn’t respond. Try again.")


def test_what_is_not_confirmed_is_not_told_to_the_app(screen, slack):
    screen.type("/confluence blocks")
    screen.sees("Release checklist")
    screen.press("Delete")
    screen.confirm("Keep it")
    screen.press("Preview")
    screen.sees("Replaced.")
    told = [each["actions"][0]["action_id"] for each in heard(slack, "block_actions")]
    assert told == ["preview"]


def test_a_link_button_opens_a_tab_and_tells_the_app(screen, slack, browser):
    screen.type("/confluence blocks")
    screen.sees("Release checklist")
    link = screen.testid("message").find_element(By.CSS_SELECTOR, "a.btn")
    assert link.get_attribute("target") == "_blank"
    # Nothing outside is to be opened by a test.
    script = "arguments[0].addEventListener('click', (event) => event.preventDefault())"
    screen.driver.execute_script(script, link)
    screen.press("Open")
    screen.waits_for(lambda: heard(slack, "block_actions"))
    assert heard(slack, "block_actions")[0]["actions"][0]["action_id"] == "open"


def test_a_menu_and_an_overflow_tell_what_was_chosen(screen, slack):
    screen.type("/confluence blocks")
    screen.sees("Release checklist")
    screen.choose("Choose a space", "Operations")
    screen.waits_for(lambda: heard(slack, "block_actions"))
    screen.press("More options")
    screen.press("Watch")
    screen.waits_for(lambda: len(heard(slack, "block_actions")) == 2)
    chosen = [
        each["actions"][0]["selected_option"]["value"] for each in heard(slack, "block_actions")
    ]
    assert chosen == ["OPS", "watch"]


def test_a_command_that_times_out_says_so_as_slack_does(screen, slack):
    slack.world.deliveries.ack_seconds = 0.2
    screen.type("/confluence slow")
    words = "/confluence failed with the error “operation_timeout”"
    screen.waits_for(lambda: words in screen.toasts())
    assert any(words in each and "Slackbot" in each for each in screen.texts())
    screen.hover("operation_timeout")
    screen.press("Dismiss message")
    screen.waits_for(lambda: screen.texts() == [])


def test_a_form_is_filled_in_and_submitted(screen, slack):
    screen.type("/confluence form")
    screen.waits_for(lambda: screen.modal_title() == "Create a page")
    screen.choose("Space", "Operations", "op")
    screen.fill("Title", "Minutes")
    screen.fill("Body", "All went well")
    screen.choose("How", "Draft")
    screen.fill("Review on", "2026-02-03")
    screen.submit()
    screen.waits_for(lambda: screen.modal_title() is None)
    (submitted,) = heard(slack, "view_submission")
    values = submitted["view"]["state"]["values"]
    assert values["space"]["space"]["selected_option"]["value"] == "operations"
    assert values["title"]["title"]["value"] == "Minutes"
    assert values["kind"]["kind"]["selected_option"]["value"] == "draft"
    assert values["due"]["due"]["selected_date"] == "2026-02-03"


def test_type_ahead_asks_the_app_only_from_its_least_length_on(screen, slack):
    screen.type("/confluence form")
    screen.waits_for(lambda: screen.control("Space")).click()
    box = screen.waits_for(lambda: screen.testid("combo-input"))
    screen.sees("Type at least 2 characters")
    box.send_keys("en")
    screen.waits_for(lambda: screen.testid("option"))
    assert screen.testid("combo-list").text.split("\n") == ["Spaces", "Engineering"]
    box.send_keys("zz")
    screen.sees("No results")
    asked_for = [each["value"] for each in heard(slack, "block_suggestion")]
    assert asked_for == ["en", "enzz"]
    box.send_keys(Keys.ESCAPE)
    assert screen.modal_title() == "Create a page"


def test_a_menu_is_used_by_keyboard_alone(screen, slack):
    screen.type("/confluence form")
    trigger = screen.waits_for(lambda: screen.control("Space"))
    trigger.send_keys(Keys.ARROW_DOWN)
    box = screen.waits_for(lambda: screen.testid("combo-input"))
    box.send_keys("er")
    screen.waits_for(lambda: screen.testid("option"))
    box.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    screen.waits_for(lambda: "Operations" in screen.control("Space").text)


def test_errors_stand_under_their_fields_and_the_text_stays(screen, slack):
    screen.type("/confluence form")
    screen.choose("Space", "Engineering", "en")
    screen.fill("Title", "Taken")
    screen.submit()
    screen.waits_for(lambda: screen.errors() == ["A page with this title exists."])
    assert screen.field("Title").get_attribute("value") == "Taken"
    assert screen.field("Title").get_attribute("aria-invalid") == "true"


def test_a_form_whose_app_fails_stays_open_with_its_text(screen, slack):
    screen.type("/confluence form")
    screen.choose("Space", "Engineering", "en")
    screen.fill("Title", "Lost")
    screen.fill("Body", "not lost")
    screen.submit()
    screen.sees("We had some trouble connecting. Try again?")
    assert screen.field("Title").get_attribute("value") == "Lost"
    assert screen.field("Body").text == "not lost"


def test_what_was_typed_stays_when_the_app_changes_the_form(screen, slack):
    screen.type("/confluence form")
    screen.fill("Title", "Minutes")
    screen.fill("Body", "All went well")
    screen.press("More fields")
    screen.sees("Now with more.")
    assert screen.field("Title").get_attribute("value") == "Minutes"
    assert screen.field("Body").text == "All went well"
    (pressed,) = heard(slack, "block_actions")
    assert pressed["view"]["state"]["values"]["title"]["title"]["value"] == "Minutes"


def test_what_slack_says_stands_where_it_was_said(screen, slack):
    slack.world.deliveries.ack_seconds = 0.2
    screen.type("/confluence slow")
    screen.sees("operation_timeout")
    screen.type("Never mind")
    screen.waits_for(lambda: "Never mind" in screen.texts()[-1])


def test_one_goes_on_typing_as_soon_as_a_modal_is_closed(screen, slack):
    screen.type("/confluence form")
    screen.waits_for(lambda: screen.modal_title() == "Create a page")
    screen.close_modal()
    screen.type("/confluence hello")
    screen.sees("You said “hello”.")


def test_a_second_modal_goes_back_to_the_first(screen, slack):
    screen.type("/confluence form")
    screen.fill("Title", "Minutes")
    screen.press("Push")
    screen.waits_for(lambda: screen.modal_title() == "Second")
    screen.press("Back")
    screen.waits_for(lambda: screen.modal_title() == "Create a page")
    assert screen.field("Title").get_attribute("value") == "Minutes"
    screen.close_modal(all_of_them=True)
    screen.waits_for(lambda: screen.modal_title() is None)


def test_the_editor_writes_slacks_rich_text(screen, slack):
    screen.type("/confluence form")
    body = screen.waits_for(lambda: screen.field("Body"))
    body.click()
    body.send_keys("plain ", Keys.CONTROL + "b" + Keys.NULL, "bold", Keys.CONTROL + "b" + Keys.NULL)
    body.send_keys(Keys.ENTER, "- one", Keys.ENTER, "two", Keys.ENTER, Keys.ENTER, "after")
    section, items, after = document_typed(screen, slack)
    assert section == {
        "type": "rich_text_section",
        "elements": [
            {"type": "text", "text": "plain "},
            {"type": "text", "text": "bold", "style": {"bold": True}},
            {"type": "text", "text": "\n"},
        ],
    }
    assert (items["type"], items["style"]) == ("rich_text_list", "bullet")
    assert [each["elements"][0]["text"] for each in items["elements"]] == ["one", "two"]
    assert after["elements"] == [{"type": "text", "text": "after"}]


def test_the_editors_tools_make_quotes_code_lists_and_mentions(screen, slack):
    screen.type("/confluence form")
    body = screen.waits_for(lambda: screen.field("Body"))
    body.click()
    screen.press("Quote")
    body.send_keys("quoted", Keys.ENTER, Keys.ENTER)
    screen.press("Code block")
    body.send_keys("x = 1", Keys.ENTER, "y = 2", Keys.ENTER, Keys.ENTER)
    screen.press("Numbered list")
    body.send_keys("first", Keys.ENTER, Keys.ENTER, "by ")
    screen.press("Mention someone")
    screen.waits_for(lambda: screen.testid("combo-input")).send_keys("Bob", Keys.ENTER)
    quote, code, items, last = document_typed(screen, slack)
    assert quote == {
        "type": "rich_text_quote",
        "elements": [{"type": "text", "text": "quoted"}],
    }
    assert code["type"] == "rich_text_preformatted"
    assert code["elements"] == [{"type": "text", "text": "x = 1\ny = 2"}]
    assert (items["type"], items["style"]) == ("rich_text_list", "ordered")
    assert {"type": "user", "user_id": "U0BOB"} in last["elements"]


def test_shortcuts_open_forms_from_the_lightning_and_from_a_message(screen, slack):
    screen.press("Shortcuts")
    screen.press("Create a page")
    screen.waits_for(lambda: screen.modal_title() == "Create a page")
    screen.close_modal()
    screen.waits_for(lambda: screen.modal_title() is None)
    screen.type("Keep this")
    screen.hover("Keep this")
    screen.press("More actions")
    screen.press("Save to Confluence")
    screen.sees("Saved.")
    assert heard(slack, "message_action")[0]["message"]["text"] == "Keep this"


def test_the_apps_home_and_messages_are_tabs(screen, slack):
    screen.look_at("app")
    screen.sees("Welcome, Ada")
    screen.press("Search")
    screen.waits_for(lambda: heard(slack, "block_actions"))
    screen.press("Messages")
    screen.type("/confluence hello")
    screen.sees("You said “hello”.")


def test_a_conversation_goes_on_in_its_thread(screen, slack):
    screen.as_person("U0ADA", "app", "messages")
    screen.type("write a decision record about *Mongo*")
    screen.sees("1 reply")
    screen.open_thread("decision record")
    screen.reply("ENG, I think")
    screen.sees("2 replies")
    screen.waits_for(lambda: len(screen.thread()) == 3)
    began, asked, answered = screen.thread()
    assert "Mongo" in began
    assert "Which space?" in asked
    assert "ENG, I think" in answered
    (top,) = screen.texts()
    assert "replies" in top
    screen.press("Engineering")
    pressed = screen.waits_for(lambda: heard(slack, "block_actions"))[0]
    assert pressed["container"]["thread_ts"] == heard(slack, "message")[0]["ts"]
    screen.press("Close the thread")
    screen.waits_for(lambda: not screen.testid("thread").is_displayed())


def test_slacks_own_link_to_a_message_leads_there(screen, slack, browser):
    screen.as_person("U0ADA", "app", "messages")
    screen.type("write a decision record")
    screen.sees("1 reply")
    said = heard(slack, "message")[0]
    at = said["ts"].replace(".", "")
    screen.look_at("C0GENERAL")
    link = f"https://acme.slack.com/archives/{said['channel']}/p{at}"
    screen.type(link)
    screen.press(link)
    screen.waits_for(lambda: len(screen.thread()) == 2)
    assert "Which space?" in screen.thread()[-1]
    assert len(browser.window_handles) == 1


def test_a_message_of_ones_own_is_edited_and_deleted(screen, slack):
    screen.as_person("U0ADA", "app", "messages")
    screen.type("in ENG")
    screen.sees("1 reply")
    screen.edit_last("in *OPS*")
    screen.sees("in OPS (edited)")
    changed = screen.waits_for(lambda: [e for e in heard(slack, "message") if "message" in e])
    assert changed[-1]["message"]["text"] == "in *OPS*"
    screen.testid("composer-input").send_keys(Keys.ARROW_UP)
    assert (
        screen.waits_for(lambda: screen.testid("edit-input")).get_attribute("value") == "in *OPS*"
    )
    screen.testid("edit-input").send_keys(" and more", Keys.ESCAPE)
    screen.sees("in OPS (edited)")
    screen.hover("in OPS")
    screen.press("More actions")
    screen.press("Delete message…")
    screen.confirm("Delete")
    screen.sees("This message was deleted.")


def test_a_file_is_attached_sent_and_fetched(screen, slack, tmp_path):
    screen.as_person("U0ADA", "app", "messages")
    (tmp_path / "note.yml").write_text("id: note\n")
    screen.attach(tmp_path / "note.yml")
    screen.attach(tmp_path / "note.yml")
    screen.press("Remove note.yml")
    screen.type("my template")
    shared = screen.waits_for(lambda: [e for e in heard(slack, "message") if "files" in e])
    assert [each["name"] for each in shared[-1]["files"]] == ["note.yml"]
    link = screen.waits_for(lambda: screen.testid("file")).find_element(By.TAG_NAME, "a")
    script = "fetch(arguments[0]).then((a) => a.text()).then(arguments[1])"
    fetched = screen.driver.execute_async_script(script, link.get_attribute("href"))
    assert fetched == "id: note\n"
    assert "YAML · 9 bytes" in screen.texts()[-1]


TYPED = {
    "Number": "1.5",
    "Mail": "ada@acme.example",
    "Address": "https://acme.example",
    "Time": "09:30",
    "Moment": "2026-03-01T10:00",
}
CHOSEN = [
    ("Several", "One"),
    ("Boxes", "Two"),
    ("Who", "Bob Babbage"),
    ("People", "Cy Somerville"),
    ("Channel", "partners"),
    ("Place", "eng"),
]
TRAVELS = {
    "number": "15",
    "mail": "ada@acme.example",
    "url": "https://acme.example",
    "time": "09:30",
    "several": [CHOICES[0]],
    "boxes": [CHOICES[1]],
    "who": "U0BOB",
    "people": ["U0CY"],
    "channel": "C0PARTNERS",
    "place": "C0ENG",
}


def test_every_element_of_a_form_is_filled_in(screen, slack, tmp_path):
    screen.as_person("U0ADA", "C0ENG")
    screen.type("/confluence every")
    for label, text in TYPED.items():
        screen.fill(label, text)
    for label, text in CHOSEN:
        screen.choose(label, text)
        if label in ("Several", "People"):
            screen.testid("combo-input").send_keys(Keys.ESCAPE)
    (tmp_path / "note.yml").write_text("id: note\n")
    screen.attach(tmp_path / "note.yml", "file-chooser")
    screen.submit()
    assert screen.errors() == ["Please enter a whole number."]
    screen.fill("Number", "15")
    screen.submit()
    (sent,) = screen.waits_for(lambda: heard(slack, "view_submission"))
    state = sent["view"]["state"]["values"]
    values = {name: list(state[name][name].values())[1] for name in state}
    assert isinstance(values.pop("moment"), int)
    assert [file["name"] for file in values.pop("files")] == ["note.yml"]
    assert values == TRAVELS


def test_what_is_typed_is_told_while_it_is_typed_to_its_last_letter(screen, slack):
    screen.type("/confluence live")
    screen.fill("Live", "decision record")

    def told() -> list[str]:
        return [each["actions"][0]["value"] for each in heard(slack, "block_actions")]

    screen.waits_for(lambda: told() and told()[-1] == "decision record")
    screen.waits_for(lambda: screen.field("Live").get_attribute("value") == "decision record")


def test_one_becomes_somebody_else_who_sees_only_what_is_theirs(screen, slack):
    screen.type("/confluence secret")
    screen.sees("You said “secret”.")
    screen.testid("switcher").click()
    screen.press("Gus Guest")
    screen.waits_for(lambda: "as=U0GUS" in screen.driver.current_url)
    screen.waits_for(lambda: screen.texts() == [])
    assert screen.driver.find_elements(By.CSS_SELECTOR, "[data-testid='go-C0ENG']") == []


def test_an_outsider_has_neither_the_app_nor_its_commands(screen, slack):
    screen.as_person("U0EVE", "C0GENERAL")
    assert screen.testid("place-title").text == "partners"
    assert screen.driver.find_elements(By.CSS_SELECTOR, "[data-testid='go-app']") == []
    screen.type("/confluence help")
    screen.sees("is not a valid command")


def test_one_goes_to_another_workspace_and_is_one_of_its_people(screen, slack):
    screen.testid("workspace").click()
    screen.press("Globe South")
    screen.waits_for(lambda: "ws=T0SOUTH" in screen.driver.current_url)
    assert screen.testid("place-title").text == "general"
    assert "Iris Globe" in screen.testid("switcher").get_attribute("aria-label")
    screen.type("Good morning, South")
    screen.sees("Good morning, South")
    assert [m.channel for m in slack.world.workspace.state.messages] == ["C0SOUTH"]
    assert screen.driver.find_elements(By.CSS_SELECTOR, "[data-testid='go-app']") == []


def test_the_app_is_there_once_it_is_installed_there(screen, slack):
    world = slack.world
    app = world.workspace.installs.install("T0SOUTH", "W0IRIS", world.workspace.manifest.bot_scopes)
    view = {
        "type": "home",
        "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Southern"}}],
    }
    world.views.publish("W0PAT", view, None, app.id)
    screen.driver.get(f"{slack.url}/?as=W0PAT&ws=T0SOUTH&in=app")
    screen.sees("Southern")
    screen.driver.get(f"{slack.url}/?as=W0PAT&ws=T0NORTH&in=C0NORTH")
    screen.waits_for(lambda: screen.testid("place-title").text == "general")
    assert screen.driver.find_elements(By.CSS_SELECTOR, "[data-testid='go-app']") == []


def test_the_panel_removes_the_app_and_deactivates_people(screen, slack):
    screen.testid("toggle-panel").click()
    screen.press("Remove it")
    screen.waits_for(
        lambda: not screen.driver.find_elements(By.CSS_SELECTOR, "[data-testid='go-app']")
    )
    screen.press("Put it back")
    screen.waits_for(lambda: screen.testid("go-app"))
    screen.press("Deactivated")
    screen.waits_for(lambda: slack.world.workspace.person("U0ADA")["deleted"])
    screen.press("Active again")
    screen.waits_for(lambda: not slack.world.workspace.person("U0ADA")["deleted"])


def test_sign_in_with_slack_knows_who_is_looking(screen, slack):
    screen.as_person("U0BOB")
    cookies = screen.driver.execute_cdp_cmd(
        "Network.getCookies", {"urls": [f"{slack.url}/slack/x"]}
    )
    held = {each["name"]: each["value"] for each in cookies["cookies"]}
    assert held["sandbox_slack_user"] == "U0BOB"


def test_the_panel_breaks_things_and_shows_the_wire(screen, slack):
    screen.type("/confluence hello")
    screen.sees("You said")
    screen.testid("toggle-panel").click()
    screen.waits_for(lambda: "/confluence" in screen.testid("log").text)
    screen.press("Give the app 50 ms")
    screen.waits_for(lambda: slack.world.deliveries.ack_seconds == 0.05)
    before = slack.world.workspace.clock.now()
    screen.press("+ 1 hour")
    screen.waits_for(lambda: slack.world.workspace.clock.now() > before + 3000)


@pytest.mark.parametrize("width", [360, 400, 768, 1280])
def test_the_page_fits_its_window(screen, slack, width):
    screen.type("/confluence public")
    screen.sees("Release checklist")
    screen.resize(width, 760)
    wide = "return document.documentElement.scrollWidth"
    assert screen.driver.execute_script(wide) <= width
    box = screen.testid("composer-input").rect
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


def test_nothing_outside_the_static_folder_is_served(screen, slack):
    names = sorted(path.suffix for path in Path(serve.STATIC).rglob("*.*"))
    assert set(names) <= set(serve.TYPES)
    script = "const done = arguments[1]; fetch(arguments[0]).then((answer) => done(answer.status))"
    found = screen.driver.execute_async_script(script, "/screen/%2e%2e/serve.py")
    assert found == 404
    screen.complaints()


def test_what_the_editor_writes_it_reads_back(screen, slack):
    def section(*elements: dict) -> dict:
        return {"type": "rich_text_section", "elements": list(elements)}

    text = {"type": "text", "text": "a\n\nb "}
    styled = {"type": "text", "text": "c", "style": {"bold": True, "italic": True, "code": True}}
    link = {"type": "link", "url": "https://example.com/x", "text": "x"}
    user = {"type": "user", "user_id": "U0CY"}
    line_end = {"type": "text", "text": "\n"}
    one, two = (
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": indent,
            "border": 0,
            "elements": [section({"type": "text", "text": f"item {indent}"})],
        }
        for indent in (0, 1)
    )
    quote = {"type": "rich_text_quote", "elements": [{"type": "text", "text": "q\nr"}]}
    code = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x\n  y"}]}
    for elements in (
        [section(text, styled, link)],
        [section(text, user, line_end), one, two, quote, code, section(styled)],
        [code, section(user)],
        [],
    ):
        document = {"type": "rich_text", "elements": elements}
        script = """
            const [given, done] = arguments;
            import('/screen/js/richdom.js').then(({ readDocument, writeDocument }) => {
              const root = document.createElement('div');
              root.append(...writeDocument(given));
              done(readDocument(root));
            });
        """
        assert screen.driver.execute_async_script(script, document) == document
