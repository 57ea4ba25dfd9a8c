"""Building and running the platform: plugins in, a Litestar application out."""
