"""Stands in for some company's own OAuth 2.0 server, with a Confluence API behind it."""

from sandbox.issuer.world import IssuerWorld

__all__ = ["IssuerWorld"]
