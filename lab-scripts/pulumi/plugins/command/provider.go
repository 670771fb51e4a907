// Package command is a plugin for @pulumi/command: the resource command:local:Command.
package command

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Version pairs the plugin with its SDK.
const Version = "1.2.1"

// Serve answers the engine until it says it is done (SIGINT) or the process is told to end (SIGTERM).
//
// The engine cancels an operation through the Cancel call, which ends the operation's own context. When it shuts the
// plugin down it sends SIGINT, which ends only stopping: a script that still runs then must not outlive the plugin.
func Serve() error {
	stopping, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	shell := shell{stopping: stopping}
	plugin, err := infer.NewProviderBuilder().
		WithDisplayName("Command (podlab's stand-in)").
		WithResources(infer.Resource(Command{shell: shell})).
		Build()
	if err != nil {
		return err
	}
	return provider.RunProvider(stopping, "command", Version, plugin)
}
