"""Edits of content: a correction of one cell, and the removal of a person."""
