"""One thing that is not as the state says, and what makes it so."""

NOTHING = "nothing"


class Difference:
    """`steps` are (stage, text) pairs, which kernel.py carries out; none: nothing in this namespace can mend it."""

    __slots__ = ("subject", "wanted", "found", "steps", "error")

    def __init__(self, subject, wanted, found, *steps):
        self.subject = subject
        self.wanted = wanted
        self.found = found
        self.steps = steps
        self.error = ""

    @property
    def key(self):
        return self.subject, self.wanted, self.found

    def done(self):
        """Returns what was done about it, in words."""
        if self.found == NOTHING:
            return f"added {self.subject}: {self.wanted}"
        if self.wanted == NOTHING:
            return f"removed {self.subject}: {self.found}"
        return f"changed {self.subject}: {self.found} to {self.wanted}"

    def failed(self):
        """Returns why apply ends with an error, in words."""
        return f"{self.subject}: wanted {self.wanted}, found {self.found}" + (f" ({self.error})" if self.error else "")

    def told(self, namespace):
        """Returns it as `observe` tells it."""
        return {"namespace": namespace, "subject": self.subject, "wanted": self.wanted, "found": self.found}
