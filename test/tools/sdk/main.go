// sdk SCHEMA DIRECTORY: writes the SDKs of a Pulumi package for Go and Python below the directory, as `pulumi package gen-sdk` has
// its language hosts write them.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	gocode "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var spec schema.PackageSpec
	check(json.Unmarshal(text, &spec))
	spec.Meta = &schema.MetadataSpec{SupportPack: true} // as for `pulumi package add`
	pkg, err := schema.ImportSpec(spec, nil, schema.ValidationOptions{})
	check(err)
	files, err := gocode.GeneratePackage("podlab", pkg, nil)
	check(err)
	write(filepath.Join(os.Args[2], "go"), files)
	files, err = python.GeneratePackage("podlab", pkg, nil, nil)
	check(err)
	write(filepath.Join(os.Args[2], "python"), files)
}

func write(directory string, files map[string][]byte) {
	for name, content := range files {
		file := filepath.Join(directory, name)
		check(os.MkdirAll(filepath.Dir(file), 0o755))
		check(os.WriteFile(file, content, 0o644))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
