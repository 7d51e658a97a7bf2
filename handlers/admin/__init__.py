"""``/confluence admin``: the integration from chat, in one modal."""

from handlers.admin.admin import Admin, AdminParts
from handlers.admin.gate import Gate
from handlers.admin.links import Links

__all__ = ["Admin", "AdminParts", "Gate", "Links"]
