"""`python -m tools.classroom.first_visit ADDRESS`: warm up a new server.

The first page loads PyTorch and compiles the sampler; the page Train live starts an idle training
process.
"""

from __future__ import annotations

import asyncio
import sys

from tools.classroom.browser import Browser


async def first_visit(address: str) -> None:
    async with Browser(address) as browser:
        await browser.open()
        await browser.open("train")


if __name__ == "__main__":
    asyncio.run(first_visit(sys.argv[1]))
