package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestCreateKeepsInputsAndOutput(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	made := p.create(object{"create": "echo out; echo; echo err >&2", "environment": object{"A": "1"}})
	equal(t, "state", made.state, object{
		"create": "echo out; echo; echo err >&2", "environment": object{"A": "1"}, "addPreviousOutputInEnv": true,
		"stdout": "out\n", // One newline is cut off, not all.
		"stderr": "err",
	})
	if !strings.HasPrefix(made.id, "unit") || len(made.id) != len("unit")+8 {
		t.Errorf("id %q is not the name and 8 digits", made.id)
	}
}

func TestCreateWithoutScriptRunsNothing(t *testing.T) {
	t.Parallel()
	made := startPlugin(t).create(object{"delete": "true"})
	equal(t, "stdout", made.state["stdout"], "")
	equal(t, "stderr", made.state["stderr"], "")
}

func TestPreviewRunsNothingAndKnowsNoOutput(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	trace := filepath.Join(t.TempDir(), "trace")
	inputs := p.check(object{"create": "echo created >> " + trace, "update": "echo updated >> " + trace})
	answer, err := p.client.Create(t.Context(),
		&rpc.CreateRequest{Urn: unitURN, Properties: marshal(t, inputs), Preview: true})
	must(t, err)
	equal(t, "stdout in a preview of create", unmarshal(t, answer.Properties)["stdout"], any(unknown))

	made := p.create(object{"create": "true"})
	updated, err := p.client.Update(t.Context(), &rpc.UpdateRequest{
		Id: made.id, Urn: unitURN, Olds: marshal(t, made.state), OldInputs: marshal(t, made.inputs),
		News: marshal(t, inputs), Preview: true,
	})
	must(t, err)
	equal(t, "stdout in a preview of update", unmarshal(t, updated.Properties)["stdout"], any(unknown))
	if _, err := os.Stat(trace); err == nil {
		t.Error("a preview ran a script")
	}
}

func TestUpdateRunsUpdateOrElseCreate(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	made := p.create(object{"create": "echo created"})
	withUpdate := p.update(made, object{"create": "echo created", "update": "echo updated"})
	equal(t, "stdout", withUpdate.state["stdout"], "updated")
	equal(t, "id", withUpdate.id, made.id)
	withoutUpdate := p.update(withUpdate, object{"create": "echo created again"})
	equal(t, "stdout", withoutUpdate.state["stdout"], "created again")
	withNeither := p.update(withoutUpdate, object{"delete": "true"})
	equal(t, "stdout where nothing ran", withNeither.state["stdout"], "created again")
}

func TestAnyChangedInputUpdatesInPlace(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	inputs := object{"create": "true", "environment": object{"A": "1"}, "triggers": []any{1, "two"}}
	made := p.create(inputs)
	equal(t, "unchanged", p.diff(made, inputs).Changes, rpc.DiffResponse_DIFF_NONE)
	for name, value := range map[string]any{
		"create": "false", "update": "true", "delete": "true", "stdin": "text", "dir": "/", "logging": "none",
		"environment": object{"A": "2"}, "interpreter": []any{"/bin/sh", "-ec"}, "addPreviousOutputInEnv": false,
	} {
		changed := object{name: value}
		for other, old := range inputs {
			if other != name {
				changed[other] = old
			}
		}
		answer := p.diff(made, changed)
		if answer.Changes != rpc.DiffResponse_DIFF_SOME || len(answer.Replaces) > 0 {
			t.Errorf("%s: changes %v, replaces %v; want an update in place", name, answer.Changes, answer.Replaces)
		}
	}
}

// The SDK tells the engine to replace on changes of triggers[*], so each change must be reported by its element. The
// list as a whole is the plugin's own to report. Neither may ask for the old one to be deleted first.
func TestTriggersReplaceCreatingTheNewFirst(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	made := p.create(object{"create": "true", "triggers": []any{"a", 1}})
	for what, c := range map[string]struct {
		triggers any
		property string
	}{
		"changed": {[]any{"a", 2}, "triggers[1]"},
		"longer":  {[]any{"a", 1, "b"}, "triggers[2]"},
		"shorter": {[]any{"a"}, "triggers[1]"},
		"removed": {nil, "triggers"},
	} {
		inputs := object{"create": "true"}
		if c.triggers != nil {
			inputs["triggers"] = c.triggers
		}
		answer := p.diff(made, inputs)
		found, reported := answer.DetailedDiff[c.property]
		if !reported || len(answer.DetailedDiff) != 1 {
			t.Errorf("%s: reported are %v; want %s", what, answer.DetailedDiff, c.property)
		}
		if replaces := found.GetKind() == rpc.PropertyDiff_DELETE_REPLACE; replaces != (what == "removed") {
			t.Errorf("%s: kind %v", what, found.GetKind())
		}
		if answer.DeleteBeforeReplace {
			t.Errorf("%s: the old one would be deleted first", what)
		}
	}
}

func TestDeleteRunsWithTheLastState(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	trace := filepath.Join(t.TempDir(), "trace")
	made := p.create(object{
		"create": "echo made", "delete": `echo "$PULUMI_COMMAND_STDOUT $A" > ` + trace, "environment": object{"A": "b"},
	})
	must(t, p.delete(made))
	text, err := os.ReadFile(trace)
	must(t, err)
	equal(t, "what delete saw", string(text), "made b\n")
	must(t, p.delete(p.create(object{"create": "true"}))) // Without a delete script there is nothing to do.
}

func TestFailureTellsStatusScriptAndOutput(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	script := `echo out; echo err >&2; exit 3`
	_, created := p.tryCreate(t.Context(), object{"create": script})
	made := p.create(object{"create": "true", "delete": script})
	_, updated := p.tryUpdate(made, object{"create": script})
	for what, err := range map[string]error{"create": created, "update": updated, "delete": p.delete(made)} {
		if err == nil {
			t.Errorf("%s: no error", what)
			continue
		}
		for _, part := range []string{"exit status 3", `running "` + script + `"`, "out\n", "err\n"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q is not in the error %q", what, part, err)
			}
		}
	}
}

func TestSecretInputStaysSecret(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	made := p.create(object{
		"create": "true", "environment": object{"TOKEN": secret{"hidden"}},
	})
	equal(t, "environment", made.state["environment"], object{"TOKEN": secret{"hidden"}})
}
