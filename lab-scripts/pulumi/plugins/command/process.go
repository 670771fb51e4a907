package command

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// killGrace is how long a killed group may take to let go of the streams. Only a process that left the group, with
// setsid, holds them longer. The engine waits 5 s for a plugin to end.
const killGrace = 2 * time.Second

// runGroup runs process as the leader of a process group of its own and waits until it has ended and its streams are
// closed. When ctx ends first it kills the whole group, so that nothing the script started goes on: exec's own
// cancellation would kill the leader only, and wait for its children.
func runGroup(ctx context.Context, process *exec.Cmd) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := process.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}

	// The group's number stays taken while any member lives, so it cannot be another's by now.
	if err := syscall.Kill(-process.Process.Pid, syscall.SIGKILL); errors.Is(err, syscall.ESRCH) {
		return <-ended // There was nothing left to kill.
	} else if err != nil {
		return fmt.Errorf("%w: the processes could not be killed: %w", ctx.Err(), err)
	}
	select {
	case err := <-ended:
		return errors.Join(ctx.Err(), err)
	case <-time.After(killGrace):
		return fmt.Errorf("%w: killed, but a process that left the group still holds its output", ctx.Err())
	}
}
