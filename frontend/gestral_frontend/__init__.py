"""The built single-page application, as files: see `gestral.app.frontend`."""
