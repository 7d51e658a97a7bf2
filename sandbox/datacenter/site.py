"""What the site holds: a wiki whose people are known by user key, its groups by name."""

from sandbox.atlassian.wiki import Content, Wiki


class Site(Wiki):
    """The one wiki of the site; *moves_across* says whether an update may leave the space.

    No document says so, and clients in the field go round it (atlassian-python-api#326).
    """

    moves_across = False

    def hanging(self, content: Content, *kinds: str) -> list[Content]:
        """What hangs on *content* directly and isn't in the trash, the oldest first."""
        return [
            each
            for each in self.contents.values()
            if each.extra.get("container") == content.id
            and each.kind in kinds
            and each.status == "current"
        ]
