"""The evaluation of finished stores: measured from the stores alone, told as HTML or JSON."""

from precompute.report.evaluate import evaluate_stores

__all__ = ["evaluate_stores"]
