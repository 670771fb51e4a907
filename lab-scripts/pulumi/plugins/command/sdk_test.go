package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// sdkDirectory is where npm puts the SDK that the programs are written with.
const sdkDirectory = "../../../../node_modules/@pulumi/command"

// readSDK reads a file of the SDK without its comments, or skips the test where npm has not run.
func readSDK(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(sdkDirectory, file))
	if os.IsNotExist(err) {
		t.Skip("the SDK is not there to compare with; run npm ci")
	}
	must(t, err)
	return regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(text), "")
}

// namesIn returns the properties of an interface or class, in order.
func namesIn(t *testing.T, source, declared string) []string {
	t.Helper()
	_, body, found := strings.Cut(source, declared+" ")
	if !found {
		t.Fatalf("the SDK does not declare %s", declared)
	}
	body, _, _ = strings.Cut(body, "\n}")
	var names []string
	for _, property := range regexp.MustCompile(`(?m)^    (?:readonly )?(\w+)\??: `).FindAllStringSubmatch(body, -1) {
		names = append(names, property[1])
	}
	sort.Strings(names)
	return names
}

func sorted[V any](properties map[string]V) []string {
	var names []string
	for name := range properties {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// An input that the plugin does not know would be ignored, an output missing.
func TestPropertiesAreTheSDKs(t *testing.T) {
	t.Parallel()
	type object struct{ Properties map[string]any }
	var schema struct {
		Version   string
		Resources map[string]struct {
			object
			InputProperties map[string]any
		}
		Functions map[string]struct{ Inputs, Outputs object }
	}
	answer, err := startPlugin(t).client.GetSchema(t.Context(), &rpc.GetSchemaRequest{})
	must(t, err)
	must(t, json.Unmarshal([]byte(answer.Schema), &schema))
	command, run := readSDK(t, "local/command.d.ts"), readSDK(t, "local/run.d.ts")
	resource, function := schema.Resources["command:local:Command"], schema.Functions["command:local:run"]
	for declared, c := range map[string]struct {
		source string
		ours   []string
	}{
		"interface CommandArgs": {command, sorted(resource.InputProperties)},
		"class Command":         {command, sorted(resource.Properties)},
		"interface RunArgs":     {run, sorted(function.Inputs.Properties)},
		"interface RunResult":   {run, sorted(function.Outputs.Properties)},
	} {
		if theirs := namesIn(t, c.source, declared); !slices.Equal(c.ours, theirs) {
			t.Errorf("%s:\n got %v\nwant %v", declared, c.ours, theirs)
		}
	}
	manifest := readSDK(t, "package.json")
	if !strings.Contains(manifest, `"version": "`+pluginVersion+`"`) || schema.Version != pluginVersion {
		t.Errorf("the plugin is %s and says %s; the SDK's package.json:\n%s", pluginVersion, schema.Version, manifest)
	}
}
