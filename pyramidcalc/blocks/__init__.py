"""Pyramids as functions over a Builder, one file each; file name = command name, signature = options."""
