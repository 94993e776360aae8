"""Readings, as notebooks, and what they draw and decide with.

In the order in which they are read:

- `one_hidden_layer`: derivation A (J. A. Balaji) line by line, its slips decided by numbers; beside ps1.
- `delta_recursion`: derivation B (Ed Tam) likewise, from the loss to the gradients of any layer; beside ps2.
- `delta_per_layer`: how large δ is in each layer, and why it vanishes; after ps2.
- `learning_rate`: what η does to a run, and why; before ps3.

No lecture computes a gradient from a formula, so none gives an answer away: derivatives are measured.
`readings` compares two readings of a formula with a measured derivative, `pictures` draws networks.
"""
