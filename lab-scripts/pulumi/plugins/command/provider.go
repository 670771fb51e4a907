package main

import (
	"context"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// newProvider puts the resource and the function together.
//
// The engine cancels an operation through the Cancel call, which ends the operation's own context. When it shuts the
// plugin down it sends SIGINT, which ends only stopping: a script that still runs then must not outlive the plugin.
func newProvider(stopping context.Context) (provider.Provider, error) {
	shell := shell{stopping: stopping}
	return infer.NewProviderBuilder().
		WithDisplayName("Command (podlab's stand-in)").
		WithResources(infer.Resource(Command{shell: shell})).
		WithFunctions(infer.Function(Run{shell: shell})).
		Build()
}
