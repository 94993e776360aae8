"""The host's side of the sandbox: making it, holding it to its limits, and asking the guest in it."""
