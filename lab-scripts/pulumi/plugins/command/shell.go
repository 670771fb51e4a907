package command

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	provider "github.com/pulumi/pulumi-go-provider"
)

// The variables that carry the output of the last create or update.
const (
	previousStdout = "PULUMI_COMMAND_STDOUT"
	previousStderr = "PULUMI_COMMAND_STDERR"
)

var defaultInterpreter = []string{"/bin/sh", "-c"}

// shell runs scripts. It ends every one of them when stopping is done.
type shell struct{ stopping context.Context }

// run runs script as how says and returns its output. The script ends early, with all processes it started, when ctx
// or the plugin ends. A script that fails is an error that holds its exit status, its text and all it wrote.
func (s shell) run(ctx context.Context, script string, how Execution, previous Output) (Output, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.stopping, cancel)()

	interpreter := defaultInterpreter
	if how.Interpreter != nil && len(*how.Interpreter) > 0 {
		interpreter = *how.Interpreter
	}
	arguments := append(append([]string{}, interpreter[1:]...), script)
	process := exec.Command(interpreter[0], arguments...)
	if how.Dir != nil {
		process.Dir = *how.Dir
	}
	process.Env = environment(how, previous)
	if how.Stdin != nil && *how.Stdin != "" {
		process.Stdin = strings.NewReader(*how.Stdin)
	}
	written := capture(process, how.Logging, provider.GetLogger(ctx).InfoStatus)

	err := runGroup(ctx, process)
	stdout, stderr, both := written.finish()
	if err != nil {
		return previous, fmt.Errorf("%w: running %q:\n%s", err, script, both)
	}
	return Output{Stdout: strings.TrimSuffix(stdout, "\n"), Stderr: strings.TrimSuffix(stderr, "\n")}, nil
}

// environment is the plugin's own, then the resource's, then the last output: where names are equal the later wins.
// An empty output sets no variable.
func environment(how Execution, previous Output) []string {
	variables := os.Environ()
	if how.Environment != nil {
		for name, value := range *how.Environment {
			variables = append(variables, name+"="+value)
		}
	}
	if how.AddPreviousOutputInEnv != nil && !*how.AddPreviousOutputInEnv {
		return variables
	}
	if previous.Stdout != "" {
		variables = append(variables, previousStdout+"="+previous.Stdout)
	}
	if previous.Stderr != "" {
		variables = append(variables, previousStderr+"="+previous.Stderr)
	}
	return variables
}

// recording holds what a process has written: each stream by itself, and both in the order they came. It is locked
// because a process that was given up on may still write.
type recording struct {
	mutex                sync.Mutex
	stdout, stderr, both bytes.Buffer
	stdoutLog, stderrLog lineLog
}

// capture records both streams of process and passes the lines that logging wants on to log.
func capture(process *exec.Cmd, logging *Logging, log func(line string)) *recording {
	written := &recording{}
	if logging.wantsStdout() {
		written.stdoutLog.emit = log
	}
	if logging.wantsStderr() {
		written.stderrLog.emit = log
	}
	process.Stdout = stream{written, &written.stdout, &written.stdoutLog}
	process.Stderr = stream{written, &written.stderr, &written.stderrLog}
	return written
}

// finish logs lines without an end and returns all that was written.
func (r *recording) finish() (stdout, stderr, both string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.stdoutLog.flush()
	r.stderrLog.flush()
	return r.stdout.String(), r.stderr.String(), r.both.String()
}

// stream is one stream of a recording.
type stream struct {
	recording *recording
	own       *bytes.Buffer
	log       *lineLog
}

func (s stream) Write(text []byte) (int, error) {
	s.recording.mutex.Lock()
	defer s.recording.mutex.Unlock()
	s.own.Write(text)
	s.recording.both.Write(text)
	return s.log.Write(text)
}
