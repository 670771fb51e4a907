"""What podlab's pod server says: who it is, and whom it sees."""

import json

LONGEST = 200  # characters of a name or an address


def read_identity(data):
    """`identity` and `sourceSeen` out of `{"server": ..., "client": ...}`, with or without HTTP around it.
    Another server's answer is an answer too; its first line goes into the detail."""
    body = data[max(data.find(b"{"), 0) :]
    try:
        said = json.loads(body.decode())
        server, client = said["server"], said["client"]
        if not (isinstance(server, str) and isinstance(client, str)):
            raise ValueError("no texts")
        return {"identity": server[:LONGEST], "sourceSeen": client.strip("[]").removeprefix("::ffff:")[:LONGEST]}
    except (ValueError, KeyError, TypeError, RecursionError):
        first = data[:80].splitlines()[:1]
        return {"detail": f"answered {first[0].decode(errors='replace')!r}" if first else "closed without a word"}
