"""The host's side of the sandbox: how it is made, what it may use, and the conversation with the guest."""
