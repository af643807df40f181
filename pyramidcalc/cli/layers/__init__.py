"""Single layers as commands, one file each: `subject()` says what its options make."""
