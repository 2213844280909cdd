"""The pipeline: from MyST chapters and a noise file to a compiled site. It stands above all other rooms."""
