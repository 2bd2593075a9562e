"""The words of the page Experiments."""

from __future__ import annotations

QUESTION = "What mattered?"

LEAD = (
    "Papers say that this or that made their network better. Here each claim is a small "
    "**experiment**: trainings that differ in one thing, repeated with several **seeds** (other "
    "first weights, another order of the digits), so that luck can be told from skill."
)

READ = (
    "Each dot is one training, and a thin line joins those with the same seed. The tick is the "
    "mean; the bar holds the true mean with 95 % certainty. The conclusion is read off the lines: "
    "seed by seed, how much better is the one below?"
)

HOW = """
- **The same budget**: all trainings of an experiment take equally many steps on equally many
  digits. Seconds would favour whatever runs faster on this computer.
- **Held-out digits**: the score is the surprise at 500 digits that were never learnt from, in
  *nats*; 1 nat is 1.44 bits. Less is better.
- **Seed by seed**: with the same seed both sides see the same digits in the same order. What luck
  gives to one, it mostly gives to the other, and the difference is left.
- **The interval** after ± holds the true difference with 95 % certainty, if there were no end of
  seeds (Student's t). If it includes 0, nothing is proved, in either direction.
- **Small**: 14 × 14 digits, small networks, a minute of training. What matters here may not matter
  in a large network trained for days, and the other way round.
"""

OVERVIEW = (
    "All differences in one picture, in percent of the surprise, so that they can be compared. A "
    "full dot: the interval leaves out 0. An empty one: no difference is visible."
)

TRY = """
1. Open *Number of blocks*. Which step down is larger, from 5 to 8 or from 8 to 10?
2. Press **Run it live** and bet first: will the green points land left or right of the dots?
3. Find a pair whose bars overlap, though all thin lines lean the same way. What is the verdict?
4. Open *Levels of grey*: why is its axis in percent?
5. Which of all these would you try first in a network of your own, and is it fast enough?
"""
