"""Cells with planted programmes and known driver genes: the truth that tests measure against."""

from precompute.synthetic.simulate import YARDSTICK, simulate, simulate_yardstick

__all__ = ["YARDSTICK", "simulate", "simulate_yardstick"]
