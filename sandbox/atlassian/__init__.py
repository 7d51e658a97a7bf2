"""Stands in for Atlassian Cloud: consent, the OAuth gateway, two sites with Confluence."""

from sandbox.atlassian.client import OAuthClient
from sandbox.atlassian.world import AtlassianWorld

__all__ = ["AtlassianWorld", "OAuthClient"]
