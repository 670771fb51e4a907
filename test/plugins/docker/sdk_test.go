package docker_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"

	"podlab/pulumi/plugins/docker"
)

// sdkDirectory is where npm puts the SDK that the programs are written with.
const sdkDirectory = "../../../node_modules/@pulumi/docker"

// notBridged are the SDK's tokens that Terraform's provider has nothing for. docker.Image is the official plugin's
// own; docker.RemoteImage with build does the same.
var notBridged = map[string]bool{"docker:index/image:Image": true}

// sdk reads the SDK's files, or skips the test where npm has not run.
func sdk(t *testing.T) func(file string) declarations {
	t.Helper()
	if _, err := os.Stat(sdkDirectory); err != nil {
		t.Skip("the SDK is not there to compare with; run npm ci")
	}
	return func(file string) declarations {
		return parseDeclarations(t, filepath.Join(sdkDirectory, file))
	}
}

func TestVersionIsTheSDKs(t *testing.T) {
	sdk(t)
	text, err := os.ReadFile(filepath.Join(sdkDirectory, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Pulumi struct{ Version string } }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Pulumi.Version != docker.Version {
		t.Errorf("the SDK asks for plugin %s; this one is %s", manifest.Pulumi.Version, docker.Version)
	}
}

// Every resource and function of the SDK has its token here.
func TestTokensAreTheSDKs(t *testing.T) {
	sdk(t)
	ours := map[string]bool{}
	for _, resource := range docker.Provider().Resources {
		ours[string(resource.Tok)] = true
	}
	for _, source := range docker.Provider().DataSources {
		ours[string(source.Tok)] = true
	}
	token := regexp.MustCompile(`"(docker:index/\w+:\w+)"|'(docker:index/\w+:\w+)'`)
	files, err := filepath.Glob(filepath.Join(sdkDirectory, "*.js"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", sdkDirectory, err)
	}
	checked := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range token.FindAllStringSubmatch(string(text), -1) {
			name := found[1] + found[2]
			checked++
			if !ours[name] && !notBridged[name] {
				t.Errorf("%s: no %s", filepath.Base(file), name)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d tokens found in the SDK", checked)
	}
}

// Every input and output of every resource has one field of Terraform's behind it, of the same shape, all the way down.
func TestResourcePropertiesAreTheSDKs(t *testing.T) {
	read := sdk(t)
	inputs, outputs := read("types/input.d.ts"), read("types/output.d.ts")
	info := docker.Provider()
	for name, resource := range info.Resources {
		fields := level{info.P.ResourcesMap().Get(name).Schema(), resource.Fields}
		class, file := className(string(resource.Tok))
		declared := read(file)
		c := comparison{t, inputs}
		c.compare(class+"Args", declared[class+"Args"], fields)
		c = comparison{t, outputs}
		c.compare(class, declared[class], fields)
	}
}

// The same for the arguments and results of the functions.
func TestFunctionPropertiesAreTheSDKs(t *testing.T) {
	read := sdk(t)
	inputs, outputs := read("types/input.d.ts"), read("types/output.d.ts")
	info := docker.Provider()
	for name, source := range info.DataSources {
		fields := level{info.P.DataSourcesMap().Get(name).Schema(), source.Fields}
		function, file := className(string(source.Tok))
		class := strings.ToUpper(function[:1]) + function[1:]
		declared := read(file)
		c := comparison{t, inputs}
		c.compare(class+"Args", declared[class+"Args"], fields)
		result := declared[class+"Result"]
		delete(result, "id") // The bridge's own.
		c = comparison{t, outputs}
		c.compare(class+"Result", result, fields)
	}
}

// The same for the provider's configuration.
func TestConfigurationIsTheSDKs(t *testing.T) {
	read := sdk(t)
	info := docker.Provider()
	c := comparison{t, read("types/input.d.ts")}
	c.compare("ProviderArgs", read("provider.d.ts")["ProviderArgs"], level{info.P.Schema(), info.Config})
}

// className takes "docker:index/container:Container" apart: the class and the file that declares it.
func className(token string) (class, file string) {
	parts := strings.Split(token, ":")
	return parts[2], strings.TrimPrefix(parts[1], "index/") + ".d.ts"
}

// level is one object of Terraform's schema and what the bridge was told about it.
type level struct {
	schema shim.SchemaMap
	fields map[string]*tfbridge.SchemaInfo
}

// comparison compares the SDK's declarations with Terraform's schema.
type comparison struct {
	t       *testing.T
	objects declarations
}

// compare compares one object and all within it. path names it for a reader.
func (c comparison) compare(path string, declared map[string]declaration, bridged level) {
	c.t.Helper()
	if len(declared) == 0 {
		c.t.Errorf("%s: not declared in the SDK", path)
		return
	}
	byName := map[string]string{}
	bridged.schema.Range(func(field string, _ shim.Schema) bool {
		byName[tfbridge.TerraformToPulumiNameV2(field, bridged.schema, bridged.fields)] = field
		return true
	})
	for property, want := range declared {
		field, known := byName[property]
		if !known {
			c.t.Errorf("%s.%s: no field of Terraform's has this name; it would be ignored", path, property)
			continue
		}
		got, within := shapeOf(bridged.schema.Get(field), bridged.fields[field])
		if got != want.shape {
			c.t.Errorf("%s.%s: a %s in the SDK, a %s here (%s)", path, property, want.shape, got, field)
		}
		switch {
		case want.object != "" && within.schema != nil:
			c.compare(path+"."+property, c.objects[want.object], within)
		case want.object != "" || within.schema != nil:
			c.t.Errorf("%s.%s: an object in one only (%s)", path, property, field)
		}
	}
}

// shapeOf returns a field's shape as a program sees it, and the object that it is or that its elements are.
func shapeOf(schema shim.Schema, info *tfbridge.SchemaInfo) (shape string, within level) {
	switch schema.Type() {
	case shim.TypeBool:
		return "boolean", within
	case shim.TypeInt, shim.TypeFloat:
		return "number", within
	case shim.TypeMap:
		return "map", within
	case shim.TypeList, shim.TypeSet:
	default:
		return "string", within
	}
	shape = "list"
	var element *tfbridge.SchemaInfo
	if info != nil {
		element = info.Elem
	}
	switch elem := schema.Elem().(type) {
	case shim.Resource:
		within.schema = elem.Schema()
		if element != nil {
			within.fields = element.Fields
		}
		if tfbridge.IsMaxItemsOne(schema, info) {
			shape = "object"
		}
	case shim.Schema:
		if tfbridge.IsMaxItemsOne(schema, info) {
			shape, within = shapeOf(elem, element)
		}
	}
	return shape, within
}
