"""What reaches the bot from a browser: the pages of consent, and how they are kept safe."""

from handlers.browser.exporting import export_routes
from handlers.browser.guard import dress
from handlers.browser.install import INSTALL, REDIRECT, InstallPages, install_routes
from handlers.browser.outliving import outliving
from handlers.browser.pages import Pages, redirect_targets
from handlers.browser.routes import routes

__all__ = [
    "INSTALL",
    "REDIRECT",
    "InstallPages",
    "Pages",
    "dress",
    "export_routes",
    "install_routes",
    "outliving",
    "redirect_targets",
    "routes",
]
