"""The pictures of one shower and of many."""
