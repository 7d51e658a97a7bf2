"""An admin's way through everything that ``/confluence admin`` has, a picture at each stop."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from sandbox.screen.driver import Screen

Json = dict[str, Any]
Door = Callable[[str, Mapping[str, object]], Json]
"""Posts to a side door, and returns what it answers."""

DESK = 1000, 900
SHEET = 720, 400
_GROWN = "arguments[0].style.maxHeight = 'none'; document.activeElement.blur()"
"""The modal as high as what is in it, so that nothing of it needs to be scrolled to."""
CALLBACK = re.compile(r"https?://\S+/connect/callback/\w+")


@dataclass(frozen=True)
class Album:
    """Somebody's screen, and the folder that its pictures go to."""

    screen: Screen
    folder: Path

    def keep(self, name: str) -> None:
        """Take a picture, once nothing moves any more."""
        self.screen.rest()
        self.screen.screenshot(self.folder / f"{name}.png")

    def keep_modal(self, name: str) -> None:
        """Take a picture of the modal on top, and of nothing else."""
        self.screen.rest()
        modal = self.screen.driver.find_elements(By.CSS_SELECTOR, "dialog[open]")[-1]
        self.screen.driver.execute_script(_GROWN, modal)
        self.screen.resize(DESK[0], max(DESK[1], modal.size["height"] + 100))
        self._save(modal, name)
        self.screen.driver.execute_script("arguments[0].style.maxHeight = ''", modal)
        self.screen.resize(*DESK)

    def keep_page(self, name: str, width: int = SHEET[0]) -> None:
        """Take a picture of a page from its head to its foot."""
        self.screen.resize(width, SHEET[1])
        height = "return Math.ceil(document.documentElement.scrollHeight)"
        self.screen.resize(width, self.screen.driver.execute_script(height))
        self.keep(name)

    def keep_last(self, name: str) -> None:
        """Take a picture of the newest message."""
        self.screen.rest()
        messages = "[data-testid='messages'] article"
        self._save(self.screen.driver.find_elements(By.CSS_SELECTOR, messages)[-1], name)

    def _save(self, element: Any, name: str) -> None:  # noqa: ANN401 - Selenium's own
        path = self.folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        element.screenshot(str(path))


@dataclass(frozen=True)
class Way:
    """A profile as an admin fills it in, and what its server has to know of it before."""

    picture: str
    name: str
    provider: str
    mechanism: str
    filled: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    registered: str = ""
    """The side door at which its client is made."""
    client: Mapping[str, object] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    """What is typed on the page that connects, by the field's name."""
    accepts: str = ""
    """The button of its server's consent page; nothing where there is none."""


BOBS = "personal-token"
"""The way that a picture shows in Bob's hands instead."""
CLOUD, DATA_CENTER = "Confluence Cloud", "Confluence Data Center"
SCOPES = (
    *("read:me", "search:confluence", "read:confluence-user", "read:page:confluence"),
    *("read:space:confluence", "read:content-details:confluence", "write:page:confluence"),
    *("read:hierarchical-content:confluence", "delete:page:confluence"),
    *("read:comment:confluence", "write:comment:confluence", "delete:comment:confluence"),
    "report:personal-data",
    *("read:attachment:confluence", "write:attachment:confluence", "offline_access"),
    *("read:label:confluence", "write:label:confluence"),
    *("read:content.permission:confluence", "read:group:confluence"),
)


def ways(url: str, door: Door) -> Iterator[Way]:
    """Return every way there is to authorize, the one that lends last."""
    wiki = f"{url}/datacenter/confluence"
    address = "Address of Confluence"
    yield Way(
        "cloud-app",
        "Acme's own app",
        CLOUD,
        "OAuth 2.0",
        {"Client id": "acmes-own-app"},
        secret="acmes-own-apps-secret",
        registered="atlassian/apps",
        client={
            "client_id": "acmes-own-app",
            "client_secret": "acmes-own-apps-secret",
            "name": "Confluence for Acme",
            "scopes": SCOPES,
            "distributed": True,
        },
        accepts="Accept",
    )
    made = door("atlassian/tokens", {"account": "ada", "days": 90})
    yield Way(
        "api-token",
        "API tokens",
        CLOUD,
        "API token",
        {address: f"{url}/atlassian/sites/acme"},
        typed={"user": made["email"], "secret": made["token"]},
    )
    made = door("datacenter/tokens", {"account": "ada", "days": 90})
    yield Way(
        BOBS,
        "Tokens for the wiki",
        DATA_CENTER,
        "Personal access token",
        {address: wiki},
        typed={"secret": made["token"]},
    )
    yield Way(
        "password",
        "Passwords for the wiki",
        DATA_CENTER,
        "User name and password",
        {address: wiki},
        typed={"user": "ada", "secret": "ada-password"},
    )
    yield Way(
        "incoming-link",
        "The wiki",
        DATA_CENTER,
        "OAuth 2.0",
        {address: wiki, "Client id": "confab-incoming-link"},
        secret="the-incoming-links-secret",
        registered="datacenter/clients",
        client={
            "client_id": "confab-incoming-link",
            "client_secret": "the-incoming-links-secret",
            "name": "Confab",
            "scope": "WRITE",
        },
        accepts="Allow",
    )
    yield Way(
        "oauth-server",
        "Acme ID",
        DATA_CENTER,
        "OAuth 2.0",
        {address: wiki, "Client id": "confab: custom", "Issuer": f"{url}/issuer"},
        secret="s3cr+t/of%the:app é",
        registered="issuer/clients",
        client={"client_id": "confab: custom", "name": "Confab"},
        accepts="Allow",
    )
    yield Way(
        "service-account",
        "Service account",
        CLOUD,
        "Service account",
        {"Client id": "confab-service"},
        secret="sandbox-service-secret",
    )


class Tour:
    """Ada, who administers Acme, and what she sees of it."""

    def __init__(self, album: Album, url: str, door: Door) -> None:
        self.album = album
        self.screen = album.screen
        self.url = url
        self.door = door

    def go(self) -> None:
        """Take every picture."""
        self.screen.resize(*DESK)
        self.screen.as_person("U0ADA")
        self._opens()
        for way in ways(self.url, self.door):
            self._makes(way)
        self._lends()
        self._decides()
        self._looks()
        self._asks()
        self._lets_bob_type()

    def _opens(self) -> None:
        self.screen.type("/confluence admin")
        self.screen.sees("Switch writing off")

    def _back_to(self, page: str, words: str) -> None:
        self.screen.close_modal(all_of_them=True)
        self.screen.resize(*DESK)
        self._opens()
        self.screen.press(page)
        self.screen.sees(words)

    def _makes(self, way: Way) -> None:
        """Fill in the profile, have its server know it, type its secret and try it."""
        screen = self.screen
        self._back_to("Profiles", "New profile")
        screen.press("New profile")
        screen.sees("Name of the identity provider")
        screen.fill("Name of the identity provider", way.name)
        for label, chosen in (("Provider", way.provider), ("Mechanism", way.mechanism)):
            self._turns_to(label, chosen)
        for label, text in way.filled.items():
            screen.fill(label, text)
        if way.registered:
            self._registers(way)
        self.album.keep_modal(f"images/admin/{way.picture}")
        screen.submit()
        screen.sees("Saved as version 1")
        if way.secret:
            self._types_secret(way)
        self._tries(way)

    def _turns_to(self, label: str, chosen: str) -> None:
        """Choose what changes the form, and wait until it has changed."""
        screen = self.screen
        if chosen in screen.control(label).text:
            return
        before = screen.control(label)
        screen.choose(label, chosen)
        screen.waits_for(lambda: screen.control(label) != before)
        screen.waits_for(lambda: chosen in screen.control(label).text)

    def _registers(self, way: Way) -> None:
        [callback, *_] = self.screen.waits_for(lambda: CALLBACK.findall(self._modal().text))
        name = "redirect_uri" if way.registered.startswith("atlassian") else "redirect_uris"
        told: object = callback if name == "redirect_uri" else [callback]
        self.door(way.registered, {**way.client, name: told})

    @contextmanager
    def _signed_in(self, leads: str, ends: str) -> Iterator[None]:
        """Follow a link of the modal, and prove to Slack whose browser it is."""
        screen = self.screen
        screen.press(leads)
        screen.sees("works once")
        with screen.follow(ends):
            screen.press("Continue")
            screen.sees("asking to know who you are")
            screen.press("Allow")
            yield

    def _types_secret(self, way: Way) -> None:
        with self._signed_in("Type the client secret", "Type the client secret"):
            self.screen.sees("The client secret of")
            if way.picture == "cloud-app":
                self.album.keep_page("images/admin/client-secret")
            self._fill_in({"secret": way.secret})
            self.screen.press("Keep it")
            self.screen.sees("is kept")
        self._back_to("Profiles", way.name)
        self._opens_profile(way.name)

    def _modal(self) -> Any:  # noqa: ANN401 - Selenium's own
        return self.screen.driver.find_elements(By.CSS_SELECTOR, "dialog[open]")[-1]

    def _fill_in(self, typed: Mapping[str, str]) -> None:
        for name, text in typed.items():
            self.screen.waits_for(lambda: self._types(name, text))  # noqa: B023 - typed at once

    def _types(self, name: str, text: str) -> bool:
        """Type into a field of the page, which may just be taking another one's place."""
        box = self.screen.driver.find_element(By.NAME, name)
        box.clear()
        box.send_keys(text)
        return True

    def _opens_profile(self, name: str) -> None:
        row = f'//dialog[@open][last()]//*[contains(., "{name}")]'
        self._finds(f"{row}/following::button[normalize-space(.)='Open'][1]").click()
        self.screen.sees("Try it")

    def _tries(self, way: Way) -> None:
        """Authorize once; whoever needs no consent is authorized without one."""
        screen = self.screen
        with self._signed_in("Try it", "Try it"):
            if way.accepts:
                self._finds(f"//button[normalize-space(.)='{way.accepts}']")
                if way.accepts == "Accept":
                    screen.pick("Ada Lindqvist")
                self.album.keep_page(f"images/admin/{way.picture}-consent")
                screen.press(way.accepts)
            elif way.typed:
                self._fill_in(way.typed)
                if way.picture != BOBS:
                    self.album.keep_page(f"images/admin/{way.picture}-typed")
                screen.press("Try it")
            self._chooses_a_site()
            screen.sees("What was granted has been let go")
            if way.picture == "cloud-app":
                self.album.keep_page("images/admin/tried")

    def _chooses_a_site(self) -> None:
        found = self._finds("//label[@class='choice']|//a[contains(., 'Open Slack')]")
        if found.tag_name == "label":
            self.screen.pick("acme")
            self.screen.press("Use this site")

    def _finds(self, path: str) -> Any:  # noqa: ANN401 - Selenium's own
        driver = self.screen.driver
        return self.screen.waits_for(lambda: driver.find_elements(By.XPATH, path))[0]

    def _lends(self) -> None:
        screen = self.screen
        self._back_to("Authorization", "Authorize for the organisation")
        screen.press("Authorize for the organisation")
        screen.sees("Get the link")
        screen.choose("Profile", "Service account")
        screen.fill("Name of the connection", "Confluence for everybody")
        self.album.keep_modal("images/admin/lend")
        screen.submit()
        screen.sees("works once")
        with screen.follow("Authorize"):
            screen.sees("Continue")
            self.album.keep_page("images/admin/lend-start")
            screen.press("Continue")
            screen.sees("asking to know who you are")
            screen.press("Allow")
            self._chooses_a_site()
            screen.sees("Open Slack")
            self.album.keep_page("images/admin/lent")
        self._back_to("Authorization", "Confluence for everybody")
        self.album.keep_modal("images/admin/authorization")

    def _decides(self) -> None:
        screen = self.screen
        self._back_to("Policy", "To read and search")
        both = "Own, else the organisation's"
        for label in ("To read and search", "To write"):
            screen.choose(label, both)
        self._adds("Spaces it may read", "Engineering", "eng")
        self._adds("Spaces it may read", "Operations", "op")
        self._adds("Spaces it may write in", "Engineering", "eng")
        screen.choose("Audience", "all-staff", "all")
        self.album.keep_modal("images/admin/policy")
        screen.submit()
        screen.waits_for(lambda: "Saving" not in self._modal().text)
        self._back_to("People & roles", "Who may write pages")
        self.album.keep_modal("images/admin/people")
        screen.close_modal(all_of_them=True)
        screen.type("/confluence here")
        screen.sees("Parent page")
        screen.choose("Space", "Engineering", "eng")
        self.album.keep_modal("images/here")
        screen.submit()
        screen.sees("From now on")
        self._back_to("Profiles", "New profile")
        self.album.keep_modal("images/admin/profiles")

    def _adds(self, label: str, text: str, search: str) -> None:
        """Choose one more in a menu of several, and leave the menu, which stays open for others."""
        self.screen.choose(label, text, search)
        self.screen.driver.switch_to.active_element.send_keys(Keys.TAB)
        box = "[data-testid='combo-input']"
        self.screen.waits_for(lambda: not self.screen.driver.find_elements(By.CSS_SELECTOR, box))

    def _looks(self) -> None:
        screen = self.screen
        for page, words in (("Connections", "live"), ("Audit", "Export CSV"), ("Keys", "active")):
            self._back_to(page, words)
            self.album.keep_modal(f"images/admin/{page.casefold()}")
        screen.close_modal(all_of_them=True)
        self._opens()
        self.album.keep_modal("images/admin/admin")
        screen.close_modal(all_of_them=True)

    def _asks(self) -> None:
        """What everybody has, and an admin a little more of it."""
        screen = self.screen
        screen.type("/confluence doctor")
        screen.sees("the consent works")
        screen.waits_for(lambda: "few seconds" not in screen.texts()[-1])
        self.album.keep_last("images/doctor")
        screen.type("/confluence forget-me")
        screen.waits_for(lambda: screen.modal_title() == "Forget me")
        screen.waits_for(lambda: "One moment" not in self._modal().text)
        self.album.keep_modal("images/forget-me")
        screen.close_modal(all_of_them=True)
        screen.resize(*DESK)
        screen.as_person("U0ADA", "app", "home")
        screen.sees("For admins")
        self.album.keep("images/home")

    def _lets_bob_type(self) -> None:
        """Have people connect by tokens, and be one of them."""
        screen = self.screen
        screen.as_person("U0ADA")
        self._opens()
        screen.press("Profiles")
        self._opens_profile("Tokens for the wiki")
        screen.press("Use it")
        screen.sees("everybody who connects")
        token = self.door("datacenter/tokens", {"account": "bob", "days": 90})["token"]
        screen.as_person("U0BOB")
        screen.type("/confluence connect")
        with screen.follow("Connect to Confluence"):
            screen.press("Continue")
            screen.sees("asking to know who you are")
            screen.press("Allow")
            screen.sees("Personal access token")
            self._fill_in({"secret": token})
            self.album.keep_page("images/admin/people-type")
            screen.press("Connect")
            screen.sees("You’re connected")


def install(album: Album, bot_url: str) -> None:
    """Be somebody who looks after a workspace, and bring the app there."""
    screen = album.screen
    screen.as_person("U0OLA", "C0OTHER")
    screen.driver.get(f"{bot_url}/slack/install")
    album.keep_page("images/install")
    screen.press("Continue to Slack")
    screen.sees("Allow")
    album.keep_page("images/install-at-slack")
    screen.press("Allow")
    screen.sees("Confab is installed")
    album.keep_page("images/installed")
