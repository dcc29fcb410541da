"""Plain data to plotly figures. Never sees the store."""
