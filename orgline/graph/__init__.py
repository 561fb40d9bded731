"""Graph: the store, loading, rules, checks and shapes, and the evidence, labels and names of a node."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
