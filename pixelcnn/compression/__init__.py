"""Images as bytes: a model's likelihood is a file size, and here is the file.

    from pixelcnn import compress, decompress, load_checkpoint

    model, _ = load_checkpoint("mnist-threshold-pixelcnnpp")
    data = compress(model, digits, labels)        # about ten bytes a digit
    assert torch.equal(decompress(model, data), digits)

A decoder must compute the encoder's probabilities to the last bit. PyTorch's differ between
machines and batch sizes, so they come from the executor in WebAssembly, which rounds them to whole
numbers before they reach the range coder, inside it as well.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
