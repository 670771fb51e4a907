// Package cloud is left out of podlab's engine but for what other commands share: the command "pulumi api", which
// reads the service's OpenAPI document, takes a quarter of the engine's whole build.
package cloud

import (
	"errors"

	"github.com/spf13/cobra"
)

// APIError is an error that says how the process should exit. Nothing here makes one.
type APIError struct {
	ExitCode int
	Silent   bool
}

// Error describes the error.
func (*APIError) Error() string { return "pulumi api failed" }

// NewAPICmd returns a command that fails and says why.
func NewAPICmd() *cobra.Command {
	return &cobra.Command{
		Use:    "api",
		Hidden: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("this build of the engine has no \"pulumi api\"; use the official engine")
		},
	}
}
