"""What podlab's pod server says: who it is, and whom it sees."""

import json


def read_identity(data):
    """`identity` and `sourceSeen` out of `{"server": ..., "client": ...}`, with or without HTTP around it.
    Another server's answer is an answer too; its first line goes into the detail."""
    body = data[max(data.find(b"{"), 0) :]
    try:
        said = json.loads(body.decode())
        return {"identity": said["server"], "sourceSeen": said["client"].strip("[]").removeprefix("::ffff:")}
    except (ValueError, KeyError, TypeError, AttributeError):
        first = data[:80].splitlines()[:1]
        return {"detail": f"answered {first[0].decode(errors='replace')!r}" if first else "closed without a word"}
