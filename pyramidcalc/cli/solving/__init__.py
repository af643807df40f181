"""The commands of `pyramidcalc solve`."""
