"""Hit lists, tables of sensors and truth as they stand in files of others."""
