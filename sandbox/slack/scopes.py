"""What scopes mean, in the words of the page on which people allow them."""

WORDS = {
    "app_mentions:read": "See messages that mention the app",
    "channels:read": "View basic information about public channels",
    "chat:write": "Send messages as the app",
    "commands": "Add shortcuts and slash commands that people can use",
    "files:read": "View files shared in channels that the app is in",
    "groups:read": "View basic information about private channels that the app is in",
    "im:history": "View messages in its direct messages",
    "im:read": "View basic information about its direct messages",
    "im:write": "Start direct messages with people",
    "links:read": "View certain addresses in messages",
    "links:write": "Show previews of certain addresses in messages",
    "team:read": "View the name and domain of the workspace",
    "usergroups:read": "View user groups and who is in them",
    "users:read": "View people in the workspace",
    "users:read.email": "View the e-mail addresses of people in the workspace",
}


def in_words(scope: str) -> str:
    """What this scope lets an app do; of one without words, its name."""
    return WORDS.get(scope, scope)
