// The files below stand in for files of other modules, so they build only where build.sh puts them. A module of their
// own keeps them out of the parent's packages.
module podlab/left-out

go 1.26
