"""Flask routes: binary columns for the map, cells as JSON, tables as CSV, health."""
