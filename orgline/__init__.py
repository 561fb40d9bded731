"""orgline: who reports to whom, since when, by which directive, and who says so."""

__version__ = "0.1.0"
