// Command pulumi-resource-docker stands in for the official plugin of @pulumi/docker 5.2.0 on machines that cannot
// download it. As the official one does, it bridges the Terraform provider of Docker to Pulumi.
package main

import (
	"fmt"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// The name and the version by which the engine pairs a plugin with an SDK.
const (
	pluginName    = "docker"
	pluginVersion = "5.2.0"
)

func main() {
	// Programs of Node.js bring their schema in the SDK; the plugin's need only say whose it is.
	schema := fmt.Sprintf(`{"name": %q, "version": %q}`, pluginName, pluginVersion)
	tfbridge.Main(pluginName, pluginVersion, provider(), []byte(schema))
}
