"""Pictures that the browser draws itself and in which things can be moved and chosen."""
