package command_test

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/emptypb"
)

// Scripts that leave a process behind them, each in another way. All of it must go.
var lingering = map[string]string{
	"child of a running shell":           `sleep 300 & echo $! > $pidfile; wait`,
	"grandchild":                         `sh -c 'sleep 300 & echo $! > $pidfile; wait'; true`,
	"background process of an ended one": `sleep 300 & echo $! > $pidfile`,
	"one that ignores polite signals":    `trap '' TERM INT; sh -c 'echo $$ > $pidfile; exec sleep 300'; true`,
}

func TestCancelKillsTheWholeGroup(t *testing.T) {
	t.Parallel()
	for how, cancel := range map[string]func(p *harness, cancelCall context.CancelFunc){
		"the engine's Cancel call":        func(p *harness, _ context.CancelFunc) { _, _ = p.client.Cancel(p.t.Context(), &emptypb.Empty{}) },
		"the end of the call":             func(_ *harness, cancelCall context.CancelFunc) { cancelCall() },
		"SIGINT, the engine's last word":  func(p *harness, _ context.CancelFunc) { must(p.t, p.process.Process.Signal(os.Interrupt)) },
		"SIGTERM, as a system shuts down": func(p *harness, _ context.CancelFunc) { must(p.t, p.process.Process.Signal(syscall.SIGTERM)) },
	} {
		for what, script := range lingering {
			t.Run(how+"/"+what, func(t *testing.T) {
				t.Parallel()
				p := startPlugin(t)
				ctx, cancelCall := context.WithCancel(t.Context())
				defer cancelCall()
				pid, outcome := p.grandchild(ctx, script)
				cancel(p, cancelCall)
				select {
				case err := <-outcome:
					if err == nil {
						t.Error("a cancelled create was no error")
					}
				case <-time.After(patience):
					t.Fatal("create did not return")
				}
				eventually(t, "the process is gone", func() bool { return !alive(pid) })
			})
		}
	}
}

// A process may leave its group on purpose. It cannot be found then, but must not hold the plugin up either.
func TestCancelDoesNotWaitForAnEscapedProcess(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	pid, outcome := p.grandchild(t.Context(), `setsid sh -c 'echo $$ > $pidfile; exec sleep 300' & wait`)
	defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
	_, err := p.client.Cancel(t.Context(), &emptypb.Empty{})
	must(t, err)
	select {
	case err := <-outcome:
		if err == nil || !strings.Contains(err.Error(), "left the group") {
			t.Errorf("error %v", err)
		}
	case <-time.After(patience):
		t.Fatal("create waits for a process that left its group")
	}
}

// Work that was asked for in the background, with its streams elsewhere, outlives a script that ends by itself.
func TestDetachedProcessOutlivesItsScript(t *testing.T) {
	t.Parallel()
	p := startPlugin(t)
	pid, outcome := p.grandchild(t.Context(), `sleep 300 > /dev/null 2>&1 & echo $! > $pidfile`)
	defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
	must(t, <-outcome)
	if !alive(pid) {
		t.Error("the process is gone")
	}
}
