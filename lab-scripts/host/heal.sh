# Runs in a node once it has booted (booted.sh): undoes every fault that was injected here, the newest first, with a line
# for each: `undone FAULT`. repair.sh, after it, applies what is still not as it should be.

podlab=/var/lib/podlab

find "$podlab/faults" -name '*.fault' 2> /dev/null | sort -r | while read -r note; do
  sh "$note" undo < /dev/null
  # The first line is `# podlab: fault NAME TARGET …`.
  sed -n '1s/^# podlab: fault/undone/p' "$note"
  rm -f "$note"
done
