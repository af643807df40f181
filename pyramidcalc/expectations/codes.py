"""The codes of every diagnostic that a report can hold; a test compares them with the source."""

CODES = (
    "batchnorm-1x1",
    "channel-mismatch",
    "degenerate-rate",
    "dspp-grid",
    "empty-output",
    "imported",
    "invalid-layer",
    "invalid-shape",
    "kernel-too-large",
    "misaligned",
    "norm-statistics",
    "output-stride-rates",
    "padding-too-large",
    "pool-zero",
    "receptive-field-short",
    "shape-mismatch",
    "size-too-large",
    "spp-bin-count",
    "stride-zero",
    "unread-input",
)
