// Package shim opens the Terraform provider of Docker to the bridge.
//
// The provider lives under its module's internal directory. Go lets only packages whose import path begins with that
// module's path import it, so this module's path does.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// Provider returns the Terraform provider. It puts version into its user agent only.
func Provider(version string) *schema.Provider {
	return provider.New(version)()
}
