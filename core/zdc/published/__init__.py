"""What the slides show, beside ours."""
