"""What reaches the bot from a browser: the pages of consent, and how they are kept safe."""

from handlers.browser.guard import dress
from handlers.browser.outliving import outliving
from handlers.browser.pages import Pages, redirect_targets
from handlers.browser.routes import routes

__all__ = ["Pages", "dress", "outliving", "redirect_targets", "routes"]
