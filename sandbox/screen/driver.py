"""The sandbox's screen as a person uses it, over Selenium and headless Chromium."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from sandbox.chromium import find_driver
from sandbox.processes import free_port

PATIENCE = 8.0
_NOT_YET = (
    NoSuchElementException,
    StaleElementReferenceException,
    ElementNotInteractableException,
    ElementClickInterceptedException,
)
_REPLACED = "does not belong to the document"
_T = TypeVar("_T")
_TOP = "//dialog[@open][last()]"
_FIELDS = ".//*[self::input or self::textarea or self::select or @contenteditable='true']"


@contextmanager
def chromium_at(binary: str, width: int = 1280, height: int = 800) -> Iterator[webdriver.Chrome]:
    """A headless browser of this size; *binary* is Chromium's path."""
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--lang=en",
        f"--window-size={width},{height}",
    ):
        options.add_argument(argument)
    service = webdriver.ChromeService(executable_path=find_driver(), port=free_port())
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


class Screen:
    """One tab in which somebody is in Slack."""

    def __init__(self, driver: webdriver.Chrome, base_url: str) -> None:
        self.driver = driver
        self.base_url = base_url

    def as_person(self, user: str, channel: str = "C0GENERAL", tab: str | None = None) -> None:
        """Be *user*, and look at *channel* (an id, or ``app`` with its *tab*)."""
        tab_part = f"&tab={tab}" if tab else ""
        self.driver.get(f"{self.base_url}/?as={user}&in={channel}{tab_part}")
        self.waits_for(lambda: self._one("#app[data-ready='true']"))

    def look_at(self, channel: str) -> None:
        """Go to a channel of the sidebar, or to ``app``."""
        self._click(lambda: self.testid(f"go-{channel}"))

    def type(self, text: str, testid: str = "composer-input") -> None:
        """Type a message or a slash command, and send it."""
        box = self.waits_for(lambda: self.testid(testid))
        # Escape closes the suggestions, which would otherwise take Enter for themselves.
        box.send_keys(text, Keys.ESCAPE, Keys.ENTER)

    def attach(self, path: Path | str, testid: str = "composer-input-file") -> None:
        """Attach a file to what is being written, or with ``file-chooser`` put it into the form."""
        before = len(self.driver.find_elements(By.CSS_SELECTOR, "[data-testid='file-chip']"))
        self.waits_for(lambda: self.testid(testid)).send_keys(str(path))
        chips = "[data-testid='file-chip']"
        self.waits_for(lambda: len(self.driver.find_elements(By.CSS_SELECTOR, chips)) > before)

    def open_thread(self, text: str) -> None:
        """Open the thread of the newest message here that holds *text*."""
        self.hover(text)
        path = (
            f"//main//article[contains(., {_quoted(text)})]//button[@aria-label='Reply in thread']"
        )
        self._click(lambda: self.driver.find_elements(By.XPATH, path)[-1])
        self.waits_for(lambda: self.testid("thread").is_displayed())

    def reply(self, text: str) -> None:
        """Write in the thread that is open."""
        self.type(text, "thread-input")

    def thread(self) -> list[str]:
        """What the messages of the open thread say, the one that began it first."""
        return self._texts("[data-testid='thread'] article .message-main")

    def edit_last(self, text: str, testid: str = "composer-input") -> None:
        """Give the last message of one's own other words, from the keyboard."""
        self.waits_for(lambda: self.testid(testid)).send_keys(Keys.ARROW_UP)
        field = self.waits_for(lambda: self.testid("edit-input"))
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(Keys.BACKSPACE, text, Keys.ENTER)

    def press(self, label: str) -> None:
        """Press the newest button, link or menu item that says *label*."""
        quoted = _quoted(label)
        path = (
            f".//*[self::button or self::a or @role='menuitem' or @role='tab']"
            f"[normalize-space(.)={quoted} or @aria-label={quoted}"
            f" or .//span[normalize-space(.)={quoted}]]"
        )
        self._click(lambda: self._within(path))

    def press_at(self, path: str) -> None:
        """Press what stands at an XPath."""
        self._click(lambda: self.driver.find_element(By.XPATH, path))

    @contextmanager
    def follow(self, label: str) -> Iterator[None]:
        """Press what opens a page of its own, and be there; on leaving, that page is closed."""
        here = self.driver.current_window_handle
        before = set(self.driver.window_handles)
        self.press(label)
        opened = self.waits_for(lambda: set(self.driver.window_handles) - before)
        self.driver.switch_to.window(opened.pop())
        try:
            yield
        finally:
            self.driver.close()
            self.driver.switch_to.window(here)

    def confirm(self, yes: str) -> None:
        """Answer the little dialog that asks whether one is sure."""
        self.press(yes)
        self.waits_for(lambda: not self.driver.find_elements(By.CSS_SELECTOR, "dialog.confirm"))

    def fill(self, label: str, text: str) -> None:
        """Write *text* into the field of this label, in place of what stands there."""
        field = self.waits_for(lambda: self.field(label))
        if field.get_attribute("type") in {"date", "time", "datetime-local"}:
            self._set_value(field, text)
            return
        field.click()
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(Keys.BACKSPACE, text)

    def choose(self, label: str, text: str, search: str | None = None) -> None:
        """Choose *text* in the menu, the radio buttons or the checkboxes of this label."""
        control = self.waits_for(lambda: self.control(label))
        if control.get_attribute("role") in {"radiogroup", "group"}:
            control.find_element(By.XPATH, f".//label[contains(., {_quoted(text)})]").click()
            return
        control.click()
        box = self.waits_for(lambda: self.testid("combo-input"))
        box.send_keys(search if search is not None else text)
        path = f".//*[@role='option'][contains(., {_quoted(text)})]"
        self._click(lambda: self._within(path))

    def pick(self, text: str) -> None:
        """Choose the radio button or the checkbox whose label holds *text*, on any page."""
        self._click(lambda: self._within(f".//label[contains(., {_quoted(text)})]"))

    def submit(self) -> None:
        """Press the form's own button, and wait until the app has answered."""
        self._click(lambda: self.testid("modal-submit"))
        busy = "[data-testid='modal-submit'][aria-busy='true']"
        self.waits_for(lambda: not self.driver.find_elements(By.CSS_SELECTOR, busy))

    def close_modal(self, *, all_of_them: bool = False) -> None:
        """*Cancel*, or the ✕; what is typed next goes to what stood below."""
        before = self.modal_title()
        self._click(lambda: self.testid("modal-close" if all_of_them else "modal-cancel"))
        self.waits_for(lambda: self.modal_title() != before)

    def texts(self) -> list[str]:
        """What the messages say that are shown here, the oldest first."""
        return self._texts("[data-testid='messages'] article .message-main")

    def modal_title(self) -> str | None:
        """The title of the modal on top; `None` where none is open."""
        return next(iter(self._texts("[data-testid='modal-title']")), None)

    def errors(self) -> list[str]:
        """What the fields of the form complain about."""
        return self._texts("[data-testid='error']")

    def toasts(self) -> list[str]:
        """What goes by in the corner."""
        return self._texts("[data-testid='toast'] > span")

    def sees(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until *text* stands somewhere on the page."""
        self.waits_for(lambda: text in self.driver.find_element(By.TAG_NAME, "body").text, seconds)

    def waits_for(self, found: Callable[[], _T], seconds: float = PATIENCE) -> _T:
        """What *found* gives, as soon as it gives something."""
        wait = WebDriverWait(self.driver, seconds, 0.05, ignored_exceptions=_NOT_YET)
        return wait.until(lambda _driver: _fresh(found))

    def testid(self, name: str) -> WebElement:
        """The element that the page calls *name*."""
        return self._one(f"[data-testid='{name}']")

    def field(self, label: str) -> WebElement:
        """The text field of this label."""
        control = self.control(label)
        own = control.find_elements(By.XPATH, _FIELDS)
        return own[0] if own else control

    def control(self, label: str) -> WebElement:
        """Whatever is labelled so: by a label in a form, or for a screen reader."""
        quoted = _quoted(label)
        named = f"//*[normalize-space(.)={quoted}][@id]"
        for name in self.driver.find_elements(By.XPATH, named):
            css = f"[aria-labelledby~='{name.get_attribute('id')}']:not(.input)"
            if labelled := self.driver.find_elements(By.CSS_SELECTOR, css):
                return labelled[0]
        spoken = f"starts-with(@aria-label, {quoted})"
        buttons = f"//button[{spoken}]|//input[{spoken}]|//textarea[{spoken}]"
        path = f"{buttons}|//*[@role='textbox'][{spoken}]"
        found = self.driver.find_elements(By.XPATH, path)
        return found[-1] if found else _none(label)

    def hover(self, text: str) -> None:
        """Point at the newest message that holds *text*, so that its actions appear."""
        path = f"//article[contains(., {_quoted(text)})]"

        def points() -> bool:
            found = self.driver.find_elements(By.XPATH, path)
            if found:
                ActionChains(self.driver).move_to_element(found[-1]).perform()
            return bool(found)

        self.waits_for(points)

    def complaints(self) -> list[str]:
        """What the browser has put on its console: errors, refusals of the policy."""
        return [each["message"] for each in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def dark(self, *, on: bool) -> None:
        """Have the browser ask for dark colours, or for light ones."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if on else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def resize(self, width: int, height: int) -> None:
        """Make the page so many pixels wide and high, whatever the window's least size is."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def rest(self) -> None:
        """Wait until nothing on the page moves."""
        moving = "return document.getAnimations().some((each) => each.playState === 'running')"
        self.waits_for(lambda: not self.driver.execute_script(moving))

    def screenshot(self, path: Path | str) -> None:
        """Save what is seen as a PNG."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))

    def _texts(self, css: str) -> list[str]:
        # Read at once, in the page: what is found one by one may be gone by then.
        script = (
            "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText.trim())"
        )
        found: list[str] = self.driver.execute_script(script, css)
        return found

    def _one(self, css: str) -> WebElement:
        return self.driver.find_elements(By.CSS_SELECTOR, css)[-1] if self._has(css) else _none(css)

    def _has(self, css: str) -> bool:
        return bool(self.driver.find_elements(By.CSS_SELECTOR, css))

    def _within(self, path: str) -> WebElement:
        """The last one that is seen, in the dialog on top where there is one."""
        dialogs = self.driver.find_elements(By.XPATH, _TOP)
        root: WebElement | webdriver.Chrome = dialogs[-1] if dialogs else self.driver
        found = [each for each in root.find_elements(By.XPATH, path) if each.is_displayed()]
        return found[-1] if found else _none(path)

    def _click(self, find: Callable[[], WebElement]) -> None:
        def clicked() -> bool:
            find().click()
            return True

        self.waits_for(clicked)

    def _set_value(self, field: WebElement, text: str) -> None:
        # A date field takes what is typed in the order of the browser's language.
        script = (
            "arguments[0].value = arguments[1];"
            "arguments[0].dispatchEvent(new Event('change', {bubbles: true}))"
        )
        self.driver.execute_script(script, field, text)


def _fresh(found: Callable[[], _T]) -> _T:
    """What *found* gives; Chromium has a word of its own for an element that was replaced."""
    try:
        return found()
    except WebDriverException as error:
        if _REPLACED not in (error.msg or ""):
            raise
        raise StaleElementReferenceException(error.msg) from error


def _none(what: str) -> WebElement:
    raise NoSuchElementException(f"nothing here is {what}")


def _quoted(text: str) -> str:
    """*text* as XPath writes it, whichever quotes are in it."""
    if '"' not in text:
        return f'"{text}"'
    parts = ", '\"', ".join(f'"{part}"' for part in text.split('"'))
    return f"concat({parts})"
