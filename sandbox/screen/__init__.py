"""The sandbox's screen: a page in which one is somebody in a Slack workspace."""

from sandbox.screen.serve import attach_screen

__all__ = ["attach_screen"]
