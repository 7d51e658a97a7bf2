"""A template of ten lines that works, to begin with."""

from typing import Final

STARTER: Final = """\
# yaml-language-server: $schema=schema.json
id: last-change
version: 1.0.0                 # a higher one for every change
name: Last change
description: Says who changed a page last, and when.
category: Find and read        # or: Write, Meet and decide, Change pages, Keep order
entities: [{name: page, type: page, prompt: "Which page?"}]
steps:                         # one after the other
  - id: found                  # from here on, what the step gives goes by this name
    get: {page: "{{ page }}"}
reply: {text: "{{ found.author }} changed {{ found|link }} on {{ found.updated|date }}."}
"""
EDITORS_LINE: Final = STARTER.partition("\n")[0] + "\n"
"""What tells an editor where the format is; in Slack it means nothing."""
