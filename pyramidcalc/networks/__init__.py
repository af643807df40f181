"""Whole systems built from blocks, one file each."""
