"""Autoregressive image models: masked convolutions, exact likelihoods, sampling, and the inside.

The public names below are stable. They are loaded when first used, so that a command's help or a
page's first paint need not wait for torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
