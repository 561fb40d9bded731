"""Graph: the store and what is read of one node: evidence, labels, names, rules, checks and shapes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
