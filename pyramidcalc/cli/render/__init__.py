"""How results are written; the only part of pyramidcalc that imports rich."""
