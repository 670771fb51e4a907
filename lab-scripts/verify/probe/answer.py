"""What podlab's pod server says: who it is, and whom it sees."""

import jsontext


def read_identity(data):
    """`identity` and `sourceSeen` out of `{"server": ..., "client": ...}`, with or without HTTP around it.
    Another server's answer is an answer too; its first line goes into the detail."""
    body = data[max(data.find(b"{"), 0) :]
    try:
        said = jsontext.loads(body.decode())
        return {"identity": said["server"], "sourceSeen": said["client"].strip("[]").removeprefix("::ffff:")}
    except (ValueError, KeyError, TypeError, AttributeError):
        first = data[:80].splitlines()[:1]
        return {"detail": f"answered {first[0].decode(errors='replace')!r}" if first else "closed without a word"}


def is_complete(data):
    """True once all of an HTTP answer is there that says how long it is; of another the end of the connection tells."""
    head, _, body = data.partition(b"\r\n\r\n")
    _, said, length = head.partition(b"Content-Length: ")
    return bool(said) and len(body) >= int(length.split(b"\r\n", 1)[0])
