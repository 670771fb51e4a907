// Command pulumi-resource-docker stands in for the official plugin of @pulumi/docker on machines that cannot download it.
package main

import (
	"fmt"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

	"podlab/pulumi/plugins/docker"
)

func main() {
	// Programs of Node.js bring their schema in the SDK; the plugin's need only say whose it is.
	schema := fmt.Sprintf(`{"name": %q, "version": %q}`, docker.Name, docker.Version)
	tfbridge.Main(docker.Name, docker.Version, docker.Provider(), []byte(schema))
}
