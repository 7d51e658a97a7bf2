"""A browser without a browser: walks through consent, page by page, as one person would."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp import web
from lxml import html

from sandbox.cookies import Jar

LOOPBACK = frozenset({"127.0.0.1", "localhost"})
SLACK_PAGE = "/slack/openid/connect/authorize"
INSTALL_PAGE = "/slack/oauth/v2/authorize"
ATLASSIAN_PAGE = "/atlassian/auth/authorize"
ISSUER_PAGE = "/issuer/authorize"
DATACENTER_PAGE = "/datacenter/confluence/rest/oauth2/latest/authorize"
MOST_STEPS = 40
DECISIONS = ("accept", "cancel", "cancel-slack")
ASKED = frozenset(
    {
        "url",
        "slack_person",
        "atlassian_account",
        "site",
        "decision",
        "cookies",
        "stop_at",
        "only_sites",
        "workspace",
        "typed",
        "without",
    }
)


@dataclass(frozen=True)
class Page:
    """One answer that the browser was given; a redirect has no title and little text."""

    url: str
    status: int
    title: str
    text: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Walk:
    """Where the walk led.

    *stopped* is the address that was not visited: the one that `stop_at` names, or one that
    leaves this machine. *cookies* continue the same browser in another walk.
    """

    pages: list[Page] = field(default_factory=list)
    stopped: str | None = None
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def last(self) -> Page:
        """The page on which the walk ended."""
        return self.pages[-1]


@dataclass(frozen=True)
class Choice:
    """Who walks, and what they choose on the way."""

    slack_person: str
    atlassian_account: str
    site: str | None
    decision: str
    only_sites: tuple[str, ...]
    workspace: str | None
    typed: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """The next request, and the page that causes it."""

    method: str
    url: str
    fields: list[tuple[str, str]]
    sent_from: str


async def walk(  # noqa: PLR0913 -- every choice on the way has a name
    url: str,
    *,
    slack_person: str,
    atlassian_account: str,
    site: str | None,
    decision: str = "accept",
    cookies: Mapping[str, Mapping[str, str]] | None = None,
    stop_at: str | None = None,
    only_sites: tuple[str, ...] = (),
    workspace: str | None = None,
    typed: Mapping[str, str] | None = None,
    without: tuple[str, ...] = (),
) -> Walk:
    """Open *url* and go on until a page has nothing more to press.

    On Atlassian's page consent is given for every site, or for *only_sites* (slugs or cloud
    ids), by *atlassian_account* or, where that is empty, by whoever consented in this browser
    before; *site* is what is chosen where the bot asks. *decision* is `accept`, `cancel` (at
    Atlassian) or `cancel-slack`. The app is installed in *workspace*, or at home,
    *without* these optional scopes. *typed* goes
    into the bot's fields of those names, once. A page with an error status is not pressed.
    """
    choice = Choice(
        slack_person,
        atlassian_account,
        site,
        decision,
        only_sites,
        workspace,
        typed or {},
        without,
    )
    browser = Browser(choice, Jar(cookies), stop_at)
    return await browser.walk(url)


class Browser:
    """One browser on its way."""

    def __init__(self, choice: Choice, jar: Jar, stop_at: str | None) -> None:
        self._choice = choice
        self._jar = jar
        self._stop_at = stop_at
        self._pages: list[Page] = []

    async def walk(self, url: str) -> Walk:
        """From *url* to the end."""
        step: Step | None = Step("GET", url, [], "")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            while step is not None and len(self._pages) < MOST_STEPS:
                if self._ends_before(step.url):
                    return Walk(self._pages, step.url, self._jar.held())
                step = await self._take(session, step)
        return Walk(self._pages, None, self._jar.held())

    def _ends_before(self, url: str) -> bool:
        away = urlsplit(url).hostname not in LOOPBACK or urlsplit(url).scheme != "http"
        return away or (self._stop_at is not None and self._stop_at in url)

    async def _take(self, session: aiohttp.ClientSession, step: Step) -> Step | None:
        headers = {"Cookie": self._jar.send(step.url, step.method, step.sent_from)}
        if step.method == "POST":
            place = urlsplit(step.sent_from)
            headers["Origin"] = f"{place.scheme}://{place.netloc}"
        sent = aiohttp.FormData(step.fields) if step.method == "POST" else None
        async with session.request(
            step.method, step.url, data=sent, headers=headers, allow_redirects=False
        ) as answer:
            text = await answer.text()
            self._jar.receive(step.url, answer.headers.getall("Set-Cookie", []))
            self._pages.append(page_of(step.url, answer, text))
            location = answer.headers.get("Location")
        if 300 <= answer.status < 400 and location:
            return self._redirected(step, answer.status, location)
        if answer.status >= 400 or "html" not in answer.content_type:
            return None
        return press(step.url, text, self._choice)

    def _redirected(self, step: Step, status: int, location: str) -> Step:
        """Where a redirect leads; the page that began the navigation stays its cause."""
        keeps = status in (307, 308)
        method = step.method if keeps else "GET"
        fields = step.fields if keeps else []
        return Step(method, urljoin(step.url, location), fields, step.sent_from)


def page_of(url: str, answer: aiohttp.ClientResponse, text: str) -> Page:
    """What the browser shows."""
    title, visible = "", text
    if "html" in answer.content_type and text.strip():
        tree = html.document_fromstring(text)
        title = " ".join((tree.findtext(".//title") or "").split())
        for hidden in tree.xpath("//script|//style|//head|//template"):
            hidden.drop_tree()
        visible = " ".join(" ".join(tree.itertext()).split())
    headers = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
    return Page(url, answer.status, title, visible, headers)


def press(url: str, text: str, choice: Choice) -> Step | None:
    """The button that this person presses here, if there is one."""
    if not text.strip():
        return None
    tree = html.document_fromstring(text, base_url=url)
    form = find_form(tree)
    if form is None:
        return None
    path = urlsplit(url).path
    if path == SLACK_PAGE:
        fields = choose_in_slack(form, choice)
    elif path == INSTALL_PAGE:
        fields = install_in_slack(form, choice)
    elif path in {ATLASSIAN_PAGE, DATACENTER_PAGE}:
        fields = choose_at_atlassian(form, choice)
    elif path == ISSUER_PAGE:
        fields = choose_at_issuer(form, choice)
    else:
        fields = choose_at_bot(form, choice)
    target = urljoin(url, form.get("action") or url)
    return Step("POST", target, fields, url)


def find_form(tree: html.HtmlElement) -> Any:  # noqa: ANN401 -- lxml's forms are dynamic
    """The form with the primary button, else the first that posts."""
    posting = [form for form in tree.forms if (form.get("method") or "get").casefold() == "post"]
    marked = [form for form in posting if form.xpath(".//*[contains(@class, 'primary')]")]
    return next(iter([*marked, *posting]), None)


def set_radio(form: Any, name: str, value: str) -> None:  # noqa: ANN401 -- see find_form
    """Choose *value* of a group of radios or a select, if it is there."""
    for each in form.xpath(".//input[@type='radio']|.//option"):
        holder = each if each.tag == "input" else each.getparent()
        while holder.tag == "optgroup":
            holder = holder.getparent()
        if holder.get("name") != name:
            continue
        mark = "checked" if each.tag == "input" else "selected"
        if each.get("value") == value:
            each.set(mark, mark)
        else:
            each.attrib.pop(mark, None)


def filled(form: Any, button: tuple[str, str] | None) -> list[tuple[str, str]]:  # noqa: ANN401 -- see find_form
    """What the form sends."""
    values = [(str(name), str(value)) for name, value in form.form_values()]
    return [*values, button] if button else values


def choose_in_slack(form: Any, choice: Choice) -> list[tuple[str, str]]:  # noqa: ANN401 -- see find_form
    """Be the person, and allow or cancel."""
    for name in ("person", "user"):
        set_radio(form, name, choice.slack_person)
    answer = "cancel" if choice.decision == "cancel-slack" else "allow"
    return filled(form, ("decision", answer))


def install_in_slack(form: Any, choice: Choice) -> list[tuple[str, str]]:  # noqa: ANN401 -- see find_form
    """Be the person, and allow the app where it is wanted and what is left in, or cancel."""
    for box in form.xpath(".//input[@type='checkbox'][@name='optional']"):
        if box.get("value") in choice.without:
            box.attrib.pop("checked", None)
    asked = [(k, v) for k, v in filled(form, None) if k not in ("user", "workspace")]
    where = [("workspace", choice.workspace)] if choice.workspace else []
    answer = "cancel" if choice.decision == "cancel-slack" else "allow"
    return [*asked, ("user", choice.slack_person), *where, ("decision", answer)]


def choose_at_atlassian(form: Any, choice: Choice) -> list[tuple[str, str]]:  # noqa: ANN401 -- see find_form
    """Be the account, give the sites, and accept or cancel."""
    if choice.atlassian_account:
        set_radio(form, "account", choice.atlassian_account)
    set_radio(form, "access", "chosen" if choice.only_sites else "account")
    for box in form.xpath(".//input[@type='checkbox'][@name='site']"):
        words = {box.get("value"), *label_of(box).split()}
        if words & set(choice.only_sites):
            box.set("checked", "checked")
    answer = "cancel" if choice.decision == "cancel" else "accept"
    return filled(form, ("decision", answer))


def choose_at_issuer(form: Any, choice: Choice) -> list[tuple[str, str]]:  # noqa: ANN401 -- see find_form
    """Be the person who goes by the account's name there, and allow or cancel."""
    set_radio(form, "person", choice.atlassian_account)
    answer = "cancel" if choice.decision == "cancel" else "allow"
    return filled(form, ("decision", answer))


def choose_at_bot(form: Any, choice: Choice) -> list[tuple[str, str]]:  # noqa: ANN401 -- see find_form
    """Choose the site where there is a choice, and press the primary button."""
    for radio in form.xpath(".//input[@type='radio']"):
        said = f"{radio.get('value')} {label_of(radio)}".casefold()
        if choice.site and choice.site.casefold() in said:
            set_radio(form, radio.get("name"), radio.get("value"))
            break
    for name, value in choice.typed.items():
        for box in form.xpath(".//input[@name=$name]", name=name):
            box.set("value", value)
    buttons = form.xpath(".//button[not(@type) or @type='submit']|.//input[@type='submit']")
    primary = [each for each in buttons if "primary" in (each.get("class") or "")]
    pressed = next(iter([*primary, *buttons]), None)
    if pressed is None or not pressed.get("name"):
        return filled(form, None)
    return filled(form, (pressed.get("name"), pressed.get("value") or ""))


def label_of(field: Any) -> str:  # noqa: ANN401 -- see find_form
    """The words beside a field."""
    label = field.label if field.get("id") else None
    label = label if label is not None else next(field.iterancestors("label"), None)
    return "" if label is None else " ".join(label.text_content().split())


def attach_walk(app: web.Application, base_url: str) -> None:
    """Serve `POST /_sandbox/walk`, which answers only to the sandbox's own Host and Origin."""

    async def handle(request: web.Request) -> web.Response:
        origin = request.headers.get("Origin", base_url)
        if request.host != base_url.partition("://")[2] or origin != base_url:
            return web.json_response({"error": "forbidden"}, status=403)
        try:
            said = asked(await request.read())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        try:
            walked = await walk(**said)
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            return web.json_response({"error": f"the walk broke off: {error}"}, status=502)
        return web.json_response(asdict(walked))

    app.router.add_post("/_sandbox/walk", handle)


def asked(body: bytes) -> dict[str, Any]:
    """The arguments of `walk` in a JSON body.

    Raises:
        ValueError: something is missing, unknown or of the wrong type.
    """
    said = json.loads(body)
    if not isinstance(said, dict) or set(said) - ASKED:
        raise ValueError(f"an object with these keys is expected: {', '.join(sorted(ASKED))}")
    missing = {"url", "slack_person", "atlassian_account"} - set(said)
    if missing:
        raise ValueError(f"missing: {', '.join(sorted(missing))}")
    words = (said[name] for name in ("url", "slack_person", "atlassian_account"))
    if not all(isinstance(each, str) for each in words):
        raise ValueError("url, slack_person and atlassian_account are text")
    said.setdefault("site", None)
    if said.get("decision", "accept") not in DECISIONS:
        raise ValueError(f"decision is one of: {', '.join(DECISIONS)}")
    typed = said.get("typed", {})
    if type(typed) is not dict or not all(isinstance(each, str) for each in typed.values()):
        raise ValueError("typed is an object of text by the fields' names")
    said["only_sites"] = tuple(said.get("only_sites", ()))
    said["without"] = tuple(said.get("without", ()))
    return said
