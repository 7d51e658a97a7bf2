"""What a template and its versions are called, for whoever keeps them unread."""

from typing import NewType

TemplateId = NewType("TemplateId", str)
Version = NewType("Version", str)
"""A semantic version of three numbers, as in 1.4.0."""
