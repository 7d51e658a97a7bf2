"""``/confluence help``: from memory, in the ack, the same for everybody."""

import difflib
import json
from collections.abc import Sequence
from typing import Any

from bot.mrkdwn import escape
from handlers import blocks
from handlers.ask import Reply, Words
from handlers.edge import Help

WORDS = (
    Words("search", "search <words>", "find pages; `in:ENG`, `by:me`, `type:page`, `since:7d` …"),
    Words("create", "create [title]", "write a page, see exactly what it will be, publish it"),
    Words("page", "page <link or id>", "show a page here, only to you"),
    Words("run", "run <task> [entity=…]", "begin a dialog task; its own word alone does it too"),
    Words("tasks", "tasks [words]", "the dialog tasks that are installed for you"),
    Words("templates", "templates [words]", "what can be installed; bring your own"),
    Words("resume", "resume", "your dialogs that are open"),
    Words("connect", "connect", "let Confab act in your own name in Confluence"),
    Words("status", "status", "who you are in Confluence, where, and with which rights"),
    Words("site", "site", "choose the Confluence site you work in; `site:name` names one at once"),
    Words("here", "here", "choose where this channel's pages go by default"),
    Words(
        "doctor", "doctor [page or space]", "what keeps Confab from working, and who can mend it"
    ),
    Words("disconnect", "disconnect", "delete what connects you here"),
    Words("admin", "admin", "for admins: authorization, policy, connections, audit"),
    Words("forget-me", "forget-me", "delete everything that is kept about you here, for good"),
    Words("help", "help", "this list"),
)
"""Every word that may follow the command, in the order in which help shows them."""


def build(command: str) -> Help:
    """Return the answers to help and to an unknown word, for the word that people type."""
    answer = json.dumps(_message(_text(command), command))

    def unknown(word: str) -> str:
        return json.dumps(_message(_correction(command, word), command))

    return Help(answer, unknown)


def unknown_word(command: str, word: str, near: Sequence[str] = ()) -> Reply:
    """Say that *word* isn't known, and what is; *near* are words of the tenant's own."""
    message = _message(_correction(command, word, near), command)
    return Reply(str(message["text"]), tuple(message["blocks"]))


def _text(command: str) -> str:
    lines = [f"• `{command} {_entities(words.usage)}` — {words.purpose}" for words in WORDS]
    return "\n".join(
        [f"*Confluence from Slack*, in your own name. `{command}` alone is the start.", *lines]
    )


def _entities(usage: str) -> str:
    """Return angle brackets as mrkdwn shows them within a code span."""
    return usage.replace("<", "&lt;").replace(">", "&gt;")


def _correction(command: str, word: str, others: Sequence[str] = ()) -> str:
    known = [*(words.word for words in WORDS), *others]
    near = difflib.get_close_matches(word[:40], known, n=1)
    told = f"I don't know “{escape(word[:40])}”, so nothing was done."
    if near:
        return f"{told} Did you mean `{command} {near[0]}`? Here is all that I know."
    return f"{told} Here is all that I know."


def _message(text: str, command: str) -> dict[str, Any]:
    shown = [blocks.section(text)]
    if not text.startswith("*"):
        shown.append(blocks.section(_text(command)))
    shown.append(
        blocks.context(
            "Answers are for your eyes only. You can also use the ⚡ shortcuts "
            "*Create a page* and *Run a dialog task*, and on a message "
            "*Save to Confluence* and *Run with this message*; or say what you want under "
            "*Messages* of the app, or behind its name in a channel."
        )
    )
    return {"response_type": "ephemeral", "text": text, "blocks": shown}
