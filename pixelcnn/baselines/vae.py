"""A variational autoencoder: a distribution of codes to draw from, and a bound on log p."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from pixelcnn.baselines.base import Baseline, BaselineConfig, log_likelihood
from pixelcnn.system.checks import check_whole

_LOG_2_PI = math.log(2 * math.pi)
# Codes decoded at once: about 10 MB for digits.
_DECODED_AT_ONCE = 2048


@dataclass(frozen=True, kw_only=True)
class VAEConfig(BaselineConfig):
    """Sizes: 784-256-32 and back. Attributes: see `BaselineConfig`."""


class VAE(Baseline):
    """p(x) = integral of p(x | z) N(z; 0, I) dz, with independent Bernoulli pixels in p(x | z).

    Source: Kingma & Welling 2014, with the encoder q(z | x) = N(mean(x), diag(std(x)^2)) of their
    appendix C.2. ReLU instead of their tanh, and Adam instead of Adagrad.
    """

    name: ClassVar[str] = "vae"
    config_class: ClassVar[type[BaselineConfig]] = VAEConfig
    encoded_per_code: ClassVar[int] = 2

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """q(z | image): its means and the logarithms of its standard deviations, `(B, codes)`."""
        mean, log_std = self.encoder(self._flat(images)).chunk(2, dim=1)
        return mean, log_std

    def code(self, images: Tensor) -> Tensor:
        """The mean of q(z | image): float32 `(B, codes)`."""
        return self.posterior(images)[0]

    def random_codes(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws from the prior N(0, I): float32 `(n, codes)`."""
        return self._normal((n, self.config.codes), generator)

    def loss(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """-ELBO from one code per image, in nats per image: float32 `(B,)`."""
        return -self.elbo(images, generator=generator)

    def elbo(
        self, images: Tensor, *, samples: int = 1, generator: torch.Generator | None = None
    ) -> Tensor:
        """The evidence lower bound on log p(image), in nats: float32 `(B,)`, with gradients.

        E_q[log p(x | z)] - KL(q || prior), the first estimated from `samples` codes, the second
        exact (Kingma & Welling 2014, equation 10). The bound holds for the expectation.

        Raises:
            ConfigError: fewer than 1 sample.
            DataError: images that do not fit.
        """
        check_whole("samples", samples, 1)
        mean, log_std = self.posterior(images)
        noise = self._normal((samples, *mean.shape), generator)
        codes = mean + log_std.exp() * noise  # (samples, B, codes)
        reconstruction = log_likelihood(self.decode(codes), self._flat(images)).mean(dim=0)
        divergence = 0.5 * (mean**2 + (2 * log_std).exp() - 1 - 2 * log_std).sum(dim=1)
        return reconstruction - divergence

    @torch.no_grad()
    def importance_bound(
        self, images: Tensor, *, samples: int = 100, generator: torch.Generator | None = None
    ) -> Tensor:
        """A tighter bound on log p(image), in nats: float64 `(B,)`.

        log of the mean of p(x, z) / q(z | x) over codes z drawn from q (Burda et al. 2016,
        equation 8). In expectation it is at most log p(image), never falls as `samples` grows, and
        is the ELBO for one.

        Raises:
            ConfigError: fewer than 1 sample.
            DataError: images that do not fit.
        """
        check_whole("samples", samples, 1)
        mean, log_std = self.posterior(images)
        pixels = self._flat(images)
        at_once = max(1, _DECODED_AT_ONCE // max(len(images), 1))
        total = torch.full((len(images),), -math.inf, dtype=torch.float64, device=mean.device)
        for start in range(0, samples, at_once):
            count = min(at_once, samples - start)
            noise = self._normal((count, *mean.shape), generator)
            codes = mean + log_std.exp() * noise
            log_prior = -0.5 * (codes**2 + _LOG_2_PI).sum(dim=2)
            log_q = -(0.5 * (noise**2 + _LOG_2_PI) + log_std).sum(dim=2)
            log_weights = log_likelihood(self.decode(codes), pixels) + log_prior - log_q
            total = torch.logaddexp(total, torch.logsumexp(log_weights.double(), dim=0))
        return total - math.log(samples)
