"""Edits of the content: the correction of a cell, and the removal of a person."""
