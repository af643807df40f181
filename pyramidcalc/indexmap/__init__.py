"""One axis of an operator as an index map: every size and tap formula of pyramidcalc is in here."""

from pyramidcalc.indexmap.base import LARGEST, LARGEST_INT, ONE, ZERO, IndexMap, bits_of, clipped, positions_of, runs_of
from pyramidcalc.indexmap.digits import Digits
from pyramidcalc.indexmap.laws import SAME_SIZE, FloorForm, Growth, SizeLaw, constant
from pyramidcalc.indexmap.pads import PADDING_MODES, Pad
from pyramidcalc.indexmap.rearranging import Broadcast, Grouped, Interleave, Slice, Whole
from pyramidcalc.indexmap.resampling import RESIZE_MODES, AdaptiveBins, Resize
from pyramidcalc.indexmap.sizing import (
    bins_law,
    grid_window,
    halved,
    pyramid_pad_window,
    pyramid_window,
    same_pad,
    tf_same_crop,
    tf_same_law,
    tf_same_pad,
)
from pyramidcalc.indexmap.windows import IDENTITY, TransposedWindow, Window, max_output_padding, max_pool_pad, window
