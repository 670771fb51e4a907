// Command pulumi-resource-command stands in for the official plugin of @pulumi/command 1.2.1 on machines that cannot
// download it. It has the resource command:local:Command and the function command:local:run.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	provider "github.com/pulumi/pulumi-go-provider"
)

// The name and the version by which the engine pairs a plugin with an SDK.
const (
	pluginName    = "command"
	pluginVersion = "1.2.1"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-command:", err)
		os.Exit(1)
	}
}

// serve answers the engine until it says it is done (SIGINT) or the process is told to end (SIGTERM).
func serve() error {
	stopping, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	plugin, err := newProvider(stopping)
	if err != nil {
		return err
	}
	return provider.RunProvider(stopping, pluginName, pluginVersion, plugin)
}
