"""For each template of the catalogue what people answer, and what then stands in Confluence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Any, Final

from sandbox.atlassian.seed_handbook import STATES
from tests.catalogue.runs import File

WAYS: Final = ("form", "line", "conversation")
TODAY: Final = date.today()  # noqa: DTZ011 - as the sandbox has it
LONG: Final = f"{TODAY.day} {TODAY:%B %Y}"
SHORT: Final = f"{TODAY.day} {TODAY:%b %Y}"
SOON: Final = TODAY + timedelta(days=60)
HANDBOOK: Final = STATES[-1].body

CLOUD, DATA_CENTER = WORLDS = ("atlassian", "datacenter")
Writes = Mapping[str, Counter[str]]


def made(cloud: Sequence[str], data_center: Sequence[str]) -> Writes:
    """What is sent to each product."""
    return {CLOUD: Counter(cloud), DATA_CENTER: Counter(data_center)}


MADE: Final = made(["POST api/v2/pages", "PUT api/v2/pages/{id}"], ["POST rest/api/content"])
POSTED: Final = made(
    ["POST api/v2/blogposts", "PUT api/v2/blogposts/{id}"], ["POST rest/api/content"]
)
CHANGED: Final = made(["PUT api/v2/pages/{id}"], ["PUT rest/api/content/{id}"])
LABELLED: Final = made(*[["POST rest/api/content/{id}/label"]] * 2)
SAID: Final = made(["POST api/v2/footer-comments"], ["POST rest/api/content"])
ATTACHED: Final = made(
    *([f"{method} rest/api/content/{{id}}/child/attachment"] for method in ("PUT", "POST"))
)
COPIED: Final = made(["POST rest/api/content/{id}/copy"], ["POST rest/api/content"])
MOVED: Final = made(["PUT rest/api/content/{id}/move/append/{id}"], ["PUT rest/api/content/{id}"])


@dataclass(frozen=True)
class Case:
    """One template: “§” stands for the way, so that no two runs write the same.

    *needs* are pages that are there before, by title, with what they say. *said* begins it in
    the app's messages, and *known* are the entities that it says. *page* is the title of what
    is to be found then, *below* that of its parent, with the lines *says* and the *labels*;
    *hangs* is (kind, words) of what hangs on the first of *needs*. *shows* is in the last word,
    *previews* in the preview.
    """

    task: str
    said: str
    answers: Mapping[str, Any]
    name: str = ""
    known: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    below: str = ""
    says: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    hangs: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    previews: tuple[str, ...] = ()
    writes: tuple[Writes, ...] = ()

    def __str__(self) -> str:
        return self.name or self.task

    def written(self, world: str) -> Counter[str]:
        """How often each write is made."""
        return sum((each[world] for each in self.writes), Counter[str]())

    def of(self, way: str) -> "Case":
        """The case with the way in place of each “§”."""
        texts = [each.name for each in fields(self) if each.name != "writes"]
        return replace(self, **{name: filled(getattr(self, name), way) for name in texts})


def filled(part: Any, way: str) -> Any:
    """What a case says, with the way in place of each “§”."""
    match part:
        case str():
            return part.replace("§", way)
        case dict():
            return {filled(name, way): filled(value, way) for name, value in part.items()}
        case list() | tuple():
            return type(part)(filled(each, way) for each in part)
        case File():
            return replace(part, name=filled(part.name, way))
    return part


CASES: Final = (
    Case(
        "create-content",
        "publish a blog called New telescope § in ENG",
        {
            "contentType": "blog",
            "spaceKey": "ENG",
            "contentTitle": "New telescope §",
            "contentBody": "It sees further.",
        },
        known=("contentType", "spaceKey", "contentTitle"),
        page="New telescope §",
        says=("It sees further.",),
        shows=("Your blog post is published in Engineering",),
        previews=("Create the blog post “New telescope §” in Engineering (ENG)",),
        writes=(POSTED,),
    ),
    Case(
        "search-pages",
        "find pages about dome weather",
        {"words": "dome weather", "space": "OPS"},
        known=("words",),
        shows=("Here is what I found for “dome weather” in Operations", "Dome weather log"),
    ),
    Case(
        "find-and-read",
        "read me the page about fax gateway",
        {"words": "fax gateway"},
        known=("words",),
        shows=("Fax gateway", "in Operations, changed on"),
    ),
    Case(
        "create-page",
        "create a page called Spare parts § in ENG",
        {"space": "ENG", "title": "Spare parts §", "body": "One of each.", "parent": "Shelves §"},
        known=("title", "space"),
        needs={"Shelves §": "<p>All of them</p>"},
        page="Spare parts §",
        below="Shelves §",
        says=("One of each.",),
        shows=("“Spare parts §” is in Engineering now.",),
        previews=("below “Shelves §”", "One of each."),
        writes=(MADE,),
    ),
    Case(
        "quick-note",
        "note down The dome leaks §",
        {"note": "The dome leaks §", "space": "ENG"},
        known=("note",),
        page=f"The dome leaks §, {SHORT}",
        says=("The dome leaks §",),
        labels=("note",),
        shows=("Kept.",),
        previews=("The dome leaks §",),
        writes=(MADE, LABELLED),
    ),
    Case(
        "meeting-notes",
        "write meeting notes in ENG about Campaign §",
        {
            "space": "ENG",
            "topic": "Campaign §",
            "attendees": ["@bob", "@cy"],
            "notes": "Much was said.",
            "decisions": "The old dome closes\nThe new one opens",
            "actions": "Bob: ask for a quote",
        },
        known=("space", "topic"),
        page=f"Campaign §, {LONG}",
        says=("Much was said.", "The old dome closes", "The new one opens", "Bob: ask for a quote"),
        labels=("meeting-notes",),
        shows=("The minutes of “Campaign §” are in Engineering.", "*Decisions*: 2", "*To do*: 1"),
        previews=("Much was said.", "ask for a quote"),
        writes=(MADE, LABELLED),
    ),
    Case(
        "decision-record",
        "write a decision record in ENG about Use Mongo §",
        {
            "space": "ENG",
            "title": "Use Mongo §",
            "context": "We need a store.",
            "decision": "Take Mongo.",
            "options": "Postgres: nobody runs it\nRedis: forgets",
            "consequences": "We learn",
            "deciders": ["@bob"],
        },
        known=("space", "title"),
        page="Decision: Use Mongo §",
        says=(
            "Accepted",
            "We need a store.",
            "Take Mongo.",
            "Options considered",
            "Redis: forgets",
            "We learn",
        ),
        labels=("decision", "decision-accepted"),
        shows=("The decision “Use Mongo §” is written down.", f"*Decided on*: {LONG}"),
        previews=("Take Mongo.",),
        writes=(MADE, LABELLED),
    ),
    Case(
        "incident-post-mortem",
        "write a post-mortem in OPS about Dome stuck §",
        {
            "space": "OPS",
            "incident": "Dome stuck §",
            "severity": "major",
            "impact": "Nobody saw a star.",
            "timeline": "21:40 The shutter is silent\n22:40 It moves",
            "cause": "One switch for two things.",
            "actions": "Ada: a second switch",
        },
        known=("space", "incident"),
        page=f"Post-mortem: Dome stuck § ({TODAY})",
        says=("Major", "Nobody saw a star.", "22:40 It moves", "Ada: a second switch"),
        labels=("post-mortem", "severity-major"),
        shows=("The post-mortem of “Dome stuck §” is written.", "*Severity*: Major"),
        previews=("Nobody saw a star.", "21:40 The shutter is silent"),
        writes=(MADE, LABELLED),
    ),
    Case(
        "retrospective",
        "write a retrospective of Autumn § in ENG",
        {
            "space": "ENG",
            "subject": "Autumn §",
            "well": "Schedule\nCoffee",
            "badly": "Clouds",
            "next": "Cy: weather at noon",
            "thanks": ["@bob"],
        },
        known=("space", "subject"),
        page=f"Retrospective: Autumn §, {LONG}",
        says=("What went well", "Coffee", "Clouds", "Cy: weather at noon"),
        labels=("retrospective",),
        shows=("The retrospective of “Autumn §” is kept, with 1 to try until the next one.",),
        previews=("Schedule", "Clouds"),
        writes=(MADE, LABELLED),
    ),
    Case(
        "how-to",
        "write down how to clean mirror § in ENG",
        {
            "space": "ENG",
            "task": "clean mirror §",
            "steps": "Park the telescope\nBlow off the dust",
            "needed": "A key",
            "result": "It shines.",
            "contact": "@bob",
        },
        known=("space", "task"),
        page="How to clean mirror §",
        says=("Before you begin", "A key", "Blow off the dust", "It shines."),
        labels=("how-to",),
        shows=("“How to clean mirror §” can be found in Engineering now, in 2 steps.",),
        previews=("Park the telescope",),
        writes=(MADE, LABELLED),
    ),
    Case(
        "project-brief",
        "write a project brief for Second dome § in ENG",
        {
            "space": "ENG",
            "project": "Second dome §",
            "problem": "One is too few.",
            "goals": "40 clear nights",
            "lead": "@bob",
            "team": ["@cy"],
            "due": SOON.isoformat(),
            "milestones": "March: foundation",
            "risks": "Rain",
        },
        known=("space", "project"),
        page="Project brief: Second dome §",
        says=("One is too few.", "40 clear nights", "March: foundation", "Rain"),
        labels=("project-brief",),
        shows=("The brief of “Second dome §” is written.",),
        previews=("One is too few.",),
        writes=(MADE, LABELLED),
    ),
    Case(
        "append-to-page",
        "add to the page Log §",
        {"page": "Log §", "section": "Nights", "text": "A clear one."},
        known=("page",),
        needs={"Log §": "<h2>Nights</h2><p>Clouds.</p><h2>Days</h2><p>Sun.</p>"},
        page="Log §",
        says=("Clouds.", "A clear one.", "Days", "Sun."),
        shows=("Added behind “Nights”.",),
        previews=("Add at the end of what stands under “Nights” of the page “Log §”",),
        writes=(CHANGED,),
    ),
    Case(
        "comment-on-page",
        "comment on Plan §",
        {"page": "Plan §", "comment": "Well done §"},
        known=("page",),
        needs={"Plan §": "<p>To be done</p>"},
        shows=("Your comment stands there now", "Well done §"),
        previews=("Comment on the page “Plan §” in Engineering (ENG): “Well done §”",),
        hangs=("footer-comment", "Well done §"),
        writes=(SAID,),
    ),
    Case(
        "label-pages",
        "label pages",
        {"pages": ["Star one §", "Star two §"], "add": ["a-star", "b-star"]},
        needs={"Star one §": "<p>1</p>", "Star two §": "<p>2</p>"},
        page="Star two §",
        labels=("a-star", "b-star"),
        shows=("All of them are labelled:", "*Given*: a-star, b-star"),
        previews=("Star one §", "Star two §", "“a-star” and “b-star”"),
        writes=(LABELLED, LABELLED),
    ),
    Case(
        "attach-file",
        "attach a file to Folder §",
        {"page": "Folder §", "files": [File("seen §.txt", "stars")]},
        known=("page",),
        needs={"Folder §": "<p>Files</p>"},
        shows=("Your file is on the page now.", "seen §.txt"),
        previews=("seen §.txt", "Folder §"),
        hangs=("attachment", "seen §.txt"),
        writes=(ATTACHED,),
    ),
    Case(
        "what-changed",
        "what changed on Diary §",
        {"page": "Diary §"},
        known=("page",),
        needs={"Diary §": "<p>Nothing</p>"},
        shows=("the last change", "“Nothing” is now “Something §”", "version 2", "Bob Okafor"),
    ),
    Case(
        "stale-pages",
        "find stale pages in OPS",
        {"space": "OPS"},
        known=("space",),
        shows=("the oldest first", "Fax gateway", "Telex directory"),
    ),
    Case(
        "space-overview",
        "give me an overview of OPS",
        {"space": "OPS"},
        known=("space",),
        shows=("Operations", "Changed last:", "Dome weather log", "Unchanged for longest:"),
    ),
    Case(
        "from-page-template",
        "make a page from a template in ENG",
        {
            "space": "ENG",
            "template": "Decision record",
            "title": "From a template §",
            "?Decision": "Take the train §",
            "?Context": "We go far.",
            "?Status": "Accepted",
        },
        known=("space",),
        page="From a template §",
        says=("Take the train §", "We go far.", "Accepted"),
        shows=("“From a template §” is made from its template",),
        previews=("Create the page “From a template §” in Engineering (ENG)",),
        writes=(MADE,),
    ),
    Case(
        "from-any-page",
        "make a page like Runbook template called Runbook §",
        {
            "source": "Runbook template",
            "title": "Runbook §",
            "?service": "dome §",
            "?owner": "Bob & co",
            "?steps": "Turn it off\nTurn it on",
        },
        known=("source", "title"),
        page="Runbook §",
        says=("Tell Bob & co first.", "Never restart dome § twice.", "Turn it on"),
        shows=("“Runbook §” is made after “Runbook template”",),
        previews=("Create the page “Runbook §” in Engineering (ENG)",),
        writes=(MADE,),
    ),
    Case(
        "update-section",
        "update the section Tasks of Handbook §",
        {"page": "Handbook §", "section": "Tasks", "text": "Nothing is left."},
        known=("page", "section"),
        needs={"Handbook §": HANDBOOK},
        page="Handbook §",
        says=("Nothing is left.",),
        shows=("The section “Tasks” is changed",),
        previews=("Replace what stands under “Tasks” of the page “Handbook §”", "Nothing is left."),
        writes=(CHANGED,),
    ),
    Case(
        "move-or-copy-page",
        "move or copy Lens § below Shelf §",
        {"page": "Lens §", "what": "copy", "parent": "Shelf §"},
        known=("page", "parent"),
        needs={"Lens §": "<p>Glass</p>", "Shelf §": "<p>Wood</p>"},
        page="Copy of Lens §",
        below="Shelf §",
        says=("Glass",),
        shows=("“Lens §” is copied: it stands below “Shelf §”.",),
        previews=("Copy the page “Lens §”", "to “Copy of Lens §”"),
        writes=(COPIED,),
    ),
    Case(
        "move-or-copy-page",
        "move or copy Rail § below Track §",
        {"page": "Rail §", "what": "move", "parent": "Track §"},
        name="moving",
        known=("page", "parent"),
        needs={"Rail §": "<p>Iron</p>", "Track §": "<p>Gravel</p>"},
        page="Rail §",
        below="Track §",
        says=("Iron",),
        shows=("“Rail §” is moved: it stands below “Track §”.",),
        previews=("Move the page “Rail §”", "below the page “Track §”"),
        writes=(MOVED,),
    ),
    Case(
        "weekly-report",
        "write my weekly report in ENG",
        {"space": "ENG", "next": "Sleep §", "blockers": "Clouds"},
        known=("space",),
        needs={"My week §": "<p>Much</p>"},
        page=f"Weekly report of Ada Lindqvist, {LONG}",
        says=("My week §", "Sleep §", "Clouds"),
        labels=("weekly-report",),
        shows=("Your weekly report is in Engineering.",),
        previews=("My week §", "Clouds"),
        writes=(MADE, LABELLED),
    ),
)
