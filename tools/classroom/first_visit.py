"""`python -m tools.classroom.first_visit ADDRESS`: the first visitor of a new server, who
waits so that nobody else has to.

The first page starts the loading of PyTorch and the compilation of the sampler, the page Train live
a training process that waits for its run.
"""

from __future__ import annotations

import asyncio
import sys

from tools.classroom.browser import Browser


async def first_visit(address: str) -> None:
    """Open these two pages once."""
    async with Browser(address) as browser:
        await browser.open()
        await browser.open("train")


if __name__ == "__main__":
    asyncio.run(first_visit(sys.argv[1]))
