"""The version of this package; the build system reads it here."""

__version__ = "0.1.0"
