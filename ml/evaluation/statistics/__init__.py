"""How sure a figure is. Nothing is drawn but from the `np.random.Generator` that is passed in."""
