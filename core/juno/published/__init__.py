"""What was published and shown about this detector and its images, beside our own numbers."""
