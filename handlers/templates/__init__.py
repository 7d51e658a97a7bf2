"""Templates from chat: exploring, trying, installing and bringing them."""

from handlers.templates.explore import Explore
from handlers.templates.install import Install
from handlers.templates.own import Own
from handlers.templates.parts import TemplateParts

__all__ = ["Explore", "Install", "Own", "TemplateParts"]
