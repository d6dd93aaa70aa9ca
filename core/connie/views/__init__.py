"""Pictures of sensors and of what is processed of their images."""
