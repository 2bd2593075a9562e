"""Films: how an image was drawn, with every distribution, random number and choice."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
