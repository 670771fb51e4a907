// Command pulumi-resource-command stands in for the official plugin of @pulumi/command on machines that cannot download it.
package main

import (
	"fmt"
	"os"

	"podlab/pulumi/plugins/command"
)

func main() {
	if err := command.Serve(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-command:", err)
		os.Exit(1)
	}
}
