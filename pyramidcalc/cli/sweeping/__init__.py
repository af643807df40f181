"""What `pyramidcalc sweep` is made of: variables, the template, rows, and how they are run and written."""
