"""Confluence Data Center: one site that an organisation runs itself."""

from sandbox.datacenter.clients import Client
from sandbox.datacenter.world import DataCenterWorld

__all__ = ["Client", "DataCenterWorld"]
