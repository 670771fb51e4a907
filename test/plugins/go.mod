module podlab/test-plugins

go 1.26
