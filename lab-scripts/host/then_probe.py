"""What comes after the units of a new node (units.py): it waits for a prober's job, in the same Python. Sent to python3 with their
modules and the prober's (verify/program.ts). A line of its own follows the names of the units.
"""
import posix as os

import main
import units

APPLIED = b"=== applied ===\n"  # no unit's name begins like this

units.tell()
units.links.join()  # it reads from standard input, too
os.write(1, APPLIED)
main.run()
