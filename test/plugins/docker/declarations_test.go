package docker_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// declaration is one property of an interface or class of the SDK.
type declaration struct {
	// shape is "list", "map", "object", "string", "number" or "boolean".
	shape string
	// object is the interface of the value, or of a list's elements, if it is one: "ContainerMount".
	object string
}

// declarations are the interfaces and classes of a declaration file, each with its properties by name.
type declarations map[string]map[string]declaration

var (
	comment     = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	head        = regexp.MustCompile(`\b(?:interface|class) (\w+)[^{;]*\{`)
	member      = regexp.MustCompile(`(?s)^\s*(?:readonly )?(\w+)\??\s*:\s*(.+)$`)
	namedObject = regexp.MustCompile(`\b(?:inputs|outputs)\.(\w+)`)
	scalar      = regexp.MustCompile(`\b(string|number|boolean)\b`)
)

// parseDeclarations reads a declaration file as the SDK generator writes it: flat interfaces, one property a member.
func parseDeclarations(t *testing.T, path string) declarations {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	source := comment.ReplaceAllString(string(text), "")
	found := declarations{}
	for _, at := range head.FindAllStringSubmatchIndex(source, -1) {
		properties := map[string]declaration{}
		for _, line := range members(source[at[1]:]) {
			if parts := member.FindStringSubmatch(line); parts != nil {
				properties[parts[1]] = parseType(parts[2])
			}
		}
		found[source[at[2]:at[3]]] = properties
	}
	return found
}

// members splits what follows an opening brace at the semicolons of its own depth, up to the closing brace.
func members(body string) []string {
	var found []string
	depth, start := 0, 0
	for i, c := range body {
		switch {
		case strings.ContainsRune("{(", c):
			depth++
		case strings.ContainsRune("})", c) && depth == 0:
			return found
		case strings.ContainsRune("})", c):
			depth--
		case c == ';' && depth == 0:
			found = append(found, body[start:i])
			start = i + 1
		}
	}
	return found
}

// parseType reads a type such as pulumi.Input<pulumi.Input<inputs.ContainerMount>[] | undefined>.
func parseType(text string) declaration {
	parsed := declaration{}
	if object := namedObject.FindStringSubmatch(text); object != nil {
		parsed.shape, parsed.object = "object", object[1]
	} else if name := scalar.FindString(text); name != "" {
		parsed.shape = name
	}
	switch {
	case strings.Contains(text, "[key: string]"):
		parsed.shape = "map"
	case strings.Contains(text, "[]"):
		parsed.shape = "list"
	}
	return parsed
}

func TestParseDeclarations(t *testing.T) {
	path := t.TempDir() + "/x.d.ts"
	source := `export declare class Thing extends pulumi.CustomResource {
    static get(name: string, id: pulumi.Input<pulumi.ID>): Thing;
    /**
     * Not a property: boolean;
     */
    readonly mounts: pulumi.Output<outputs.ThingMount[] | undefined>;
    constructor(name: string);
}
export interface ThingArgs {
    labels?: pulumi.Input<{
        [key: string]: pulumi.Input<string>;
    } | undefined>;
    healthcheck?: pulumi.Input<inputs.ThingHealthcheck | undefined>;
    memory: number;
}`
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	got := parseDeclarations(t, path)
	want := declarations{
		"Thing": {"mounts": {"list", "ThingMount"}},
		"ThingArgs": {
			"labels": {"map", ""}, "healthcheck": {"object", "ThingHealthcheck"}, "memory": {"number", ""},
		},
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	for name, properties := range want {
		for property, declared := range properties {
			if got[name][property] != declared {
				t.Errorf("%s.%s is %v; want %v", name, property, got[name][property], declared)
			}
		}
		if len(got[name]) != len(properties) {
			t.Errorf("%s has %v", name, got[name])
		}
	}
}
