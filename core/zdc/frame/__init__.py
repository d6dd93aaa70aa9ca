"""A shower seen from its impact: the cells in order, folded by the symmetries of the grid, and what a network learns of them."""
