"""The inside of a model: feature maps, one cell of them, and what one pixel changes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
