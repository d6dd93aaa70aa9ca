"""Order in the workspace: what takes the disk, whether everything is whole, and what is rubbish."""
