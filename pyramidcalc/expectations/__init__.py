"""Expectations such as `rate18.conv.output=256x64x64`: read from a line of text, and judged on a report."""

from pyramidcalc.expectations.codes import CODES
from pyramidcalc.expectations.judging import Outcome, judge
from pyramidcalc.expectations.reading import NO_WARNINGS, Expectation, parse

__all__ = ["CODES", "NO_WARNINGS", "Expectation", "Outcome", "judge", "parse"]
