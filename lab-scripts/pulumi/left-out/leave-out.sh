# shellcheck shell=sh
# leave_out MODULE-DIRECTORY WORK-DIRECTORY writes what makes a build leave out the packages that
# packages.txt names. go.mod takes each module concerned from a link to its own files, because Go overlays no
# file of its module cache; overlay.json replaces the packages' files.
leave_out() {
  root=$1 work=$2
  cp "$root/go.mod" "$root/go.sum" "$work/"
  grep -v '^#' "$root/left-out/packages.txt" > "$work/packages"
  while read -r module package instead kept; do
    if [ "$package" = . ]; then
      go mod edit -replace "$module=$root/left-out/$instead" "$work/go.mod"
      continue
    fi
    link=$work/$(echo "$module" | tr / _)
    if [ ! -e "$link" ]; then
      ln -s "$(cd "$root" && go list -find -f '{{.Module.Dir}}' "$module/$package")" "$link"
      go mod edit -replace "$module=$link" "$work/go.mod"
    fi
    for file in "$link/$package"/*.go; do
      case " $kept " in *" ${file##*/} "*) continue ;; esac
      [ -e "$root/left-out/$instead/${file##*/}" ] || echo "\"$file\": \"\""
    done
    for file in "$root/left-out/$instead"/*.go; do
      echo "\"$link/$package/${file##*/}\": \"$file\""
    done
  done < "$work/packages" > "$work/replacements"
  {
    echo '{"Replace": {'
    sed '$!s/$/,/' "$work/replacements"
    echo '}}'
  } > "$work/overlay.json"
}
