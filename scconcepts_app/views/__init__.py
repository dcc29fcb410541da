"""What a page shows, as plain data: pure functions of the store. Never imports dash or plotly."""
