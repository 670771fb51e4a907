package main

import (
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
)

func TestEnvironmentStdinDirInterpreter(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	dir := t.TempDir()
	for name, c := range map[string]struct {
		inputs object
		stdout string
	}{
		"environment":         {object{"create": "echo $GREETING $HOME", "environment": object{"GREETING": "hi", "HOME": "x"}}, "hi x"},
		"stdin":               {object{"create": "cat", "stdin": "a\nb\n"}, "a\nb"},
		"no stdin":            {object{"create": "cat"}, ""},
		"dir":                 {object{"create": "pwd", "dir": dir}, dir},
		"default interpreter": {object{"create": "echo $0 $#"}, "/bin/sh 0"},
		"interpreter":         {object{"create": "{print $2}", "interpreter": []any{"awk", "-F:"}, "stdin": "a:b"}, "b"},
		"empty interpreter":   {object{"create": "echo sh", "interpreter": []any{}}, "sh"},
	} {
		equal(t, name, p.create(c.inputs).state["stdout"], c.stdout)
	}
	if _, err := p.tryCreate(t.Context(), object{"create": "true", "dir": "/nowhere"}); err == nil {
		t.Error("a missing dir was no error")
	}
}

func TestPreviousOutputInEnvironment(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	show := `echo "${PULUMI_COMMAND_STDOUT-unset}/${PULUMI_COMMAND_STDERR-unset}"`
	made := p.create(object{"create": "echo 1; echo 2 >&2"})
	equal(t, "create has none", p.create(object{"create": show}).state["stdout"], "unset/unset")
	equal(t, "by default", p.update(made, object{"create": show}).state["stdout"], "1/2")
	equal(t, "switched off",
		p.update(made, object{"create": show, "addPreviousOutputInEnv": false}).state["stdout"], "unset/unset")
	equal(t, "over the resource's own", p.update(made,
		object{"create": show, "environment": object{"PULUMI_COMMAND_STDOUT": "own"}}).state["stdout"], "1/2")
	quiet := p.create(object{"create": "true"})
	equal(t, "an empty one sets nothing", p.update(quiet, object{"create": show}).state["stdout"], "unset/unset")
}

func TestLogging(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string][]string{
		"": {"err", "out"}, "stdoutAndStderr": {"err", "out"}, "stdout": {"out"}, "stderr": {"err"}, "none": nil,
	} {
		p := startPlugin(t)
		inputs := object{"create": "echo out; printf err >&2"}
		if mode != "" {
			inputs["logging"] = mode
		}
		made := p.create(inputs)
		lines := p.logged()
		sort.Strings(lines)
		equal(t, "lines logged with "+mode, lines, want)
		equal(t, "stdout with "+mode, made.state["stdout"], "out")
		equal(t, "stderr with "+mode, made.state["stderr"], "err")
	}
}

// A line may be longer than a scanner's buffer, 64 KiB.
func TestLongLine(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	made := p.create(object{"create": "head -c 200000 /dev/zero | tr '\\0' x; echo; echo end"})
	long := strings.Repeat("x", 200000)
	equal(t, "stdout", made.state["stdout"] == long+"\nend", true)
	equal(t, "lines", slices.Equal(p.logged(), []string{long, "end"}), true)
}

func TestRunReturnsItsArgumentsAndOutput(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	got, err := p.run(object{"command": "cat; echo $A >&2", "stdin": "in", "environment": object{"A": "b"}})
	must(t, err)
	equal(t, "result", got, object{
		"command": "cat; echo $A >&2", "stdin": "in", "environment": object{"A": "b"}, "addPreviousOutputInEnv": true,
		"stdout": "in", "stderr": "b",
	})
}

func TestAssetsAndArchive(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	dir := t.TempDir()
	made := p.create(object{
		"create": "mkdir -p src/deep && touch a.txt src/b.js src/deep/c.js src/secret.js", "dir": dir,
		"assetPaths": []any{"*.txt", "src/**.js", "!**secret.*"}, "archivePaths": []any{"src/*"},
	})
	var names []string
	for name, found := range made.state["assets"].(object) {
		equal(t, name, found.(*asset.Asset).Path, filepath.Join(dir, name))
		names = append(names, name)
	}
	sort.Strings(names)
	equal(t, "assets", names, []string{"a.txt", "src/b.js", "src/deep/c.js"})
	members, _ := made.state["archive"].(*archive.Archive).GetAssets()
	equal(t, "files in the archive", len(members), 2)
	kept := p.update(made, object{"create": "true", "dir": dir})
	equal(t, "assets after a run that looks for none", kept.state["assets"], made.state["assets"])
	if _, err := p.tryCreate(t.Context(), object{"create": "true", "assetPaths": []any{"[a"}}); err == nil {
		t.Error("a malformed glob was no error")
	}
}
