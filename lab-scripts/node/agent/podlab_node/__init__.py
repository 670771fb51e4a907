"""podlab-node: makes a node's kernel and engine agree with the state that the plan gave it, and says where they differ."""
