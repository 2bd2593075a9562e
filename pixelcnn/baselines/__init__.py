"""Models of binary images that are not autoregressive, for comparison.

    from pixelcnn.baselines import VAE, VAEConfig, train_baseline
    from pixelcnn.data import load_data

    data = load_data("mnist5k")
    vae = VAE(VAEConfig())
    losses = list(train_baseline(vae, data, steps=1000, seed=0))  # nats per image
    digits = vae.sample(16, torch.Generator().manual_seed(0))  # uint8 (16, 1, 28, 28)
    bound = vae.importance_bound(data.test.images[:100], samples=500)  # at most log p(image)

An autoencoder gives no probability of an image, a VAE only a bound on it; a model of
`pixelcnn.models` gives the probability itself. All three values are in nats per image, and images
must be binarised in the same way.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
