"""Models of binary images that are not autoregressive, to stand beside those that are.

    from pixelcnn.baselines import VAE, VAEConfig, train_baseline
    from pixelcnn.data import load_data

    data = load_data("mnist5k")
    vae = VAE(VAEConfig())
    losses = list(train_baseline(vae, data, steps=1000, seed=0))  # nats per image
    digits = vae.sample(16, torch.Generator().manual_seed(0))  # uint8 (16, 1, 28, 28)
    bound = vae.importance_bound(data.test.images[:100], samples=500)  # at most log p(image)

An autoencoder gives no probability of an image at all, a VAE only a bound of it; a model of
`pixelcnn.models` gives the probability itself. All three numbers are in nats per image, of images
binarised in the same way.
"""

from pixelcnn.baselines.autoencoder import Autoencoder, AutoencoderConfig
from pixelcnn.baselines.base import Baseline, BaselineConfig
from pixelcnn.baselines.files import (
    baseline_names,
    build_baseline,
    load_baseline,
    save_baseline,
)
from pixelcnn.baselines.training import train_baseline
from pixelcnn.baselines.vae import VAE, VAEConfig

__all__ = [
    "VAE",
    "Autoencoder",
    "AutoencoderConfig",
    "Baseline",
    "BaselineConfig",
    "VAEConfig",
    "baseline_names",
    "build_baseline",
    "load_baseline",
    "save_baseline",
    "train_baseline",
]
