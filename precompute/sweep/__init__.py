"""Which size of dictionary suits the data: every setting of a grid, measured, and a rule."""
