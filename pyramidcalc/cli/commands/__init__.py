"""Commands that are no layer, block or network, one file each: `command()` makes it."""
