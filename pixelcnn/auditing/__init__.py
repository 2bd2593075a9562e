"""Audits any network: does an output depend on its own pixel or a later one, and whose fault is it?

`audit` is the way in. The network runs once while every operation is watched (`tracing`), or, where
that does not tell, once for every sub-pixel that is changed (`probing`).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
