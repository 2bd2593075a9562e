"""Masked, gated and shifted layers, attention, recurrence, likelihoods."""
