"""A model with the results that pages compute from it, shared by all sessions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, cast

import streamlit as st

from pages.shared import common

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pixelcnn.causality.reach import AuditReport
    from pixelcnn.checkpoints.header import Card
    from pixelcnn.completion.observed import Reader
    from pixelcnn.models.base import AutoregressiveModel
    from pixelcnn.sampling.auto import AutoEngine

# The first session computes, and the others wait; the name is the cache key of the model.
_once = partial(
    st.cache_resource,
    show_spinner=False,
    hash_funcs={"pages.shared.loaded.Loaded": attrgetter("name")},
)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model, shared by all sessions and never changed.

    Attributes:
        name: one of `common.models`.
        model: the network with its weights.
        card: the card of its checkpoint.
    """

    name: str
    model: AutoregressiveModel
    card: Card

    @property
    @_once()
    def receptive_field(self) -> NDArray[np.bool_]:
        """The receptive field of each pixel: bool `(H, W, H, W)`."""
        from pixelcnn.causality import reach

        return reach.receptive_field(self.model)

    @property
    @_once()
    def audit(self) -> AuditReport:
        """Which pixels each one sees, and what it would see with more layers."""
        from pixelcnn.causality import reach

        return reach.audit(self.model)

    @property
    @_once()
    def engine(self) -> AutoEngine:
        """Takes the fastest engine that is ready for each request."""
        from pixelcnn.sampling.engines import make_engine

        common.warm_up()
        return cast("AutoEngine", make_engine(self.model, "auto"))

    @property
    def reader(self) -> Reader | None:
        """A fast reader of the given part of a drawing, for the default model only.

        A reader takes up to 170 MB, and filling it takes longer than reading a few beginnings
        without one. The other models read at half the speed, in some 50 ms.
        """
        usual = self.name == common.DEFAULT_MODEL and self.engine.compiled() is not None
        return self._reader if usual else None

    @property
    @_once()
    def _reader(self) -> Reader:
        from pixelcnn.completion.observed import Reader

        return Reader(self.model, self.engine.compiled())


@st.cache_resource(show_spinner="Loading the model ...")
def loaded(name: str) -> Loaded:
    """One of `common.models`, ready for use."""
    from pixelcnn.checkpoints.files import load_checkpoint
    from pixelcnn.errors import CheckpointError

    known = common.models().get(name)
    if known is None:
        raise CheckpointError(f"The model {name} was removed. Choose another one.")
    return Loaded(name, *load_checkpoint(known.path))
