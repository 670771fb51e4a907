package command_test

import (
	"slices"
	"sort"
	"strings"
	"testing"
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
