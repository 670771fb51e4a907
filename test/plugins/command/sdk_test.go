package command_test

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

	"podlab/pulumi/plugins/command"
)

// sdkDirectory is where npm puts the SDK that the programs are written with.
const sdkDirectory = "../../../node_modules/@pulumi/command"

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

// notHere are the SDK's properties that podlab has no use for. An input of these names is refused.
var notHere = []string{"archive", "archivePaths", "assetPaths", "assets"}

// An input that the plugin does not know would be ignored, an output missing.
func TestPropertiesAreTheSDKs(t *testing.T) {
	t.Parallel()
	var schema struct {
		Version   string
		Resources map[string]struct{ InputProperties, Properties map[string]any }
	}
	p := startPlugin(t)
	answer, err := p.client.GetSchema(t.Context(), &rpc.GetSchemaRequest{})
	must(t, err)
	must(t, json.Unmarshal([]byte(answer.Schema), &schema))
	source := readSDK(t, "local/command.d.ts")
	resource := schema.Resources["command:local:Command"]
	for declared, ours := range map[string]map[string]any{
		"interface CommandArgs": resource.InputProperties, "class Command": resource.Properties,
	} {
		theirs := slices.DeleteFunc(namesIn(t, source, declared), func(name string) bool { return slices.Contains(notHere, name) })
		if names := sorted(ours); !slices.Equal(names, theirs) {
			t.Errorf("%s:\n got %v\nwant %v", declared, names, theirs)
		}
	}
	manifest := readSDK(t, "package.json")
	if !strings.Contains(manifest, `"version": "`+command.Version+`"`) || schema.Version != command.Version {
		t.Errorf("the plugin is %s and says %s; the SDK's package.json:\n%s", command.Version, schema.Version, manifest)
	}
	refused, err := p.client.Check(t.Context(), &rpc.CheckRequest{Urn: unitURN, News: marshal(t, object{"assetPaths": []any{"*"}})})
	if err == nil && len(refused.Failures) == 0 {
		t.Error("an input that the plugin does not know was not refused")
	}
}
