"""What each scope means in the words of the consent page."""

WORDS = {
    "offline_access": "Keep this access while you are away",
    "read:me": "View your profile",
    "report:personal-data": "Report the accounts that it stores data of",
    "search:confluence": "Search Confluence",
    "read:confluence-user": "View people in Confluence",
    "read:user:confluence": "View people's names",
    "read:page:confluence": "View pages and blog posts",
    "write:page:confluence": "Create and update pages and blog posts",
    "delete:page:confluence": "Move pages and blog posts to the trash",
    "read:space:confluence": "View spaces",
    "read:comment:confluence": "View comments",
    "write:comment:confluence": "Create and update comments",
    "delete:comment:confluence": "Delete comments",
    "read:attachment:confluence": "View and download attachments",
    "write:attachment:confluence": "Upload attachments",
    "read:content-details:confluence": "View details of content",
    "read:content.metadata:confluence": "View summaries of content",
    "read:hierarchical-content:confluence": "View the page tree",
    "read:label:confluence": "View labels",
    "write:label:confluence": "Add and remove labels",
    "read:content.permission:confluence": "Check what others may see",
    "read:group:confluence": "View groups and who is in them",
    "delete:attachment:confluence": "Delete attachments",
    "read:template:confluence": "View page templates",
    "read:content.restriction:confluence": "View who alone may see content",
    "write:content.restriction:confluence": "Restrict who may see and change content",
    "write:content:confluence": "Bring back earlier versions of content",
    "write:watcher:confluence": "Watch content for you",
    "read:watcher:confluence": "See what you watch",
}


def in_words(scope: str) -> str:
    """One line for people."""
    return WORDS.get(scope, scope)


def is_confluence(scope: str) -> bool:
    """Whether a scope belongs to Confluence, and so is listed with a Confluence site."""
    return "confluence" in scope or scope == "readonly:content.attachment:confluence"
