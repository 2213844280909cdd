"""The library's speed beside its peers: what `make bench` runs."""
