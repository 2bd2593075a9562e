"""A model to choose from, with what pages find out about it: once, for all sessions."""

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
    from pixelcnn.sampling.engines import Engine
    from pixelcnn.sampling.numba.engine import NumbaEngine

# Found out by whoever asks first, while the others wait; the name stands for the model.
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
        card: what its checkpoint tells about it.
    """

    name: str
    model: AutoregressiveModel
    card: Card

    @property
    @_once()
    def receptive_field(self) -> NDArray[np.bool_]:
        """Which pixels each pixel looks at: bool `(H, W, H, W)`."""
        from pixelcnn.causality import reach

        return reach.receptive_field(self.model)

    @property
    @_once()
    def audit(self) -> AuditReport:
        """Who sees whom, and what more layers would see."""
        from pixelcnn.causality import reach

        return reach.audit(self.model)

    @property
    def engine(self) -> Engine:
        """The fastest engine that is ready now."""
        from pixelcnn.sampling.engines import make_engine

        compiling = common.warm_up().is_alive()
        return make_engine(self.model, "torch") if compiling else self._fast_engine

    @property
    @_once()
    def _fast_engine(self) -> Engine:
        from pixelcnn.sampling.engines import make_engine

        return make_engine(self.model, "auto")

    @property
    def reader(self) -> Reader | None:
        """Reads the given part of a drawing quickly, once the fast sampler is ready.

        A reader holds up to 170 MB, which takes longer to fill than a few beginnings take to read
        without one, and a class looks at one model after the other. So there is one of the usual
        model, with which most draw; all others need twice as long for a beginning, some 50 ms.
        """
        usual = self.name == common.DEFAULT_MODEL and self.engine.name == "numba"
        return self._reader if usual else None

    @property
    @_once()
    def _reader(self) -> Reader:
        from pixelcnn.completion.observed import Reader

        return Reader(self.model, cast("NumbaEngine", self.engine))


@st.cache_resource(show_spinner="Loading the model ...")
def loaded(name: str) -> Loaded:
    """One of `common.models`, ready for use."""
    from pixelcnn.checkpoints.files import load_checkpoint

    return Loaded(name, *load_checkpoint(common.models()[name].path))
