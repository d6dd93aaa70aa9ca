"""Where and when an event happened: charge centre, and a likelihood of the times of its hits."""
