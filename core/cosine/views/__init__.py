"""Pictures of processed records: the charge as it adds up, and the power by frequency."""
