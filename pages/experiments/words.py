"""Text of the page Experiments."""

from __future__ import annotations

QUESTION = "What mattered?"

LEAD = (
    "Papers report what made their networks better. Here each claim is a small **experiment**: "
    "trainings that differ in one option, repeated with several **seeds** (initial weights and "
    "order of the digits) to separate an effect from chance."
)

READ = (
    "Each dot is one training, and a thin line joins those with the same seed. The tick is the "
    "mean; the bar is a 95 % confidence interval of the mean over seeds. The conclusion depends on "
    "the lines: how much better is the lower row, seed by seed?"
)

HOW = """
- **The same budget**: all trainings of an experiment take the same number of steps on the same
  number of digits. Equal time would favour whatever runs faster on this computer.
- **Held-out digits**: the score is the loss on 500 digits that are not used in training, in *nats*;
  1 nat is 1.44 bits. Lower is better.
- **Seed by seed**: with the same seed, both sides see the same digits in the same order. Luck
  affects both alike and mostly cancels in the difference.
- **The interval** after ± is a 95 % confidence interval over seeds (Student's t): of many such
  intervals, about 95 % contain the true mean difference. If it includes 0, no difference is
  visible; that does not prove that there is none. Among many experiments, a few intervals exclude 0
  by chance alone.
- **Small**: 14 × 14 digits, small networks, a minute of training. What matters here may not matter
  in a large network trained for days, and vice versa.
"""

OVERVIEW = (
    "All differences in one chart, in percent of the loss, so that you can compare them. Filled "
    "dot: the interval excludes 0. Empty dot: no difference is visible."
)

TRY = """
1. Open *Number of blocks*. Which gain is larger, from 5 to 8 blocks or from 8 to 10?
2. Guess first, then press **Run it live**: will the green points land left or right of the dots?
3. Find a pair whose bars overlap although all thin lines lean the same way. What is the conclusion?
4. Open *Levels of grey*: why is its axis in percent?
5. Which change would you try first in your own network, and is it fast enough?
"""
