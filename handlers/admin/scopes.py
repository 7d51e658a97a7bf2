"""The scopes that admins choose from, each with what it allows.

https://developer.atlassian.com/cloud/confluence/scopes-for-oauth-2-3LO-and-forge-apps/
https://developer.atlassian.com/server/confluence/confluence-oauth2-provider-api
"""

from typing import Final

from bot.profile import Provider

CLOUD: Final = {
    "offline_access": "stay connected without agreeing again",
    "read:me": "know whose account it is",
    "report:personal-data": "be told when an account is closed",
    "search:confluence": "search (classic)",
    "read:confluence-user": "name people (classic)",
    "read:page:confluence": "read pages",
    "read:space:confluence": "read spaces",
    "read:content-details:confluence": "read details of search results",
    "read:hierarchical-content:confluence": "read the pages beneath a page",
    "write:page:confluence": "create and change pages",
    "delete:page:confluence": "move pages to the trash (undo does)",
    "read:comment:confluence": "read comments",
    "write:comment:confluence": "write comments",
    "delete:comment:confluence": "delete comments (undo does)",
    "read:attachment:confluence": "read attached files",
    "write:attachment:confluence": "attach files",
    "read:label:confluence": "read labels",
    "write:label:confluence": "set labels",
    "read:template:confluence": "read page templates",
    "write:content.restriction:confluence": "restrict who may see a page",
    "read:watcher:confluence": "see what one watches",
    "write:watcher:confluence": "watch pages",
    "read:content.permission:confluence": "check who may see a page",
    "read:group:confluence": "find the group that is the audience",
    "read:confluence-content.all": "read all content (classic)",
    "read:confluence-content.summary": "read summaries of content (classic)",
    "read:confluence-content.permission": "check who may see content (classic)",
    "write:confluence-content": "write content (classic)",
    "read:confluence-space.summary": "read summaries of spaces (classic)",
    "readonly:content.attachment:confluence": "download attached files (classic)",
    "write:confluence-file": "attach files (classic)",
}
DATA_CENTER: Final = {
    "READ": "search and read all that the account may see",
    "WRITE": "write as well",
}


def offered(provider: Provider) -> dict[str, str]:
    """Return the scopes of *provider* that have words."""
    return CLOUD if provider is Provider.CLOUD else DATA_CENTER
