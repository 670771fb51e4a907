// Package cloud is left out of podlab's engine: secrets are kept by a passphrase, never by a cloud's key service.
package cloud

import (
	"encoding/json"
	"errors"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Type is what a stack's state calls this kind of secrets manager.
const Type = "cloud"

var errLeftOut = errors.New("this build of the engine has no cloud key services; " +
	"use the passphrase secrets provider or the official engine")

// NewCloudSecretsManager fails and says why.
func NewCloudSecretsManager(*workspace.ProjectStack, string, bool) (secrets.Manager, error) {
	return nil, errLeftOut
}

// NewCloudSecretsManagerFromState fails and says why.
func NewCloudSecretsManagerFromState(json.RawMessage) (secrets.Manager, error) {
	return nil, errLeftOut
}

// EditProjectStack fails and says why.
func EditProjectStack(*workspace.ProjectStack, json.RawMessage) error {
	return errLeftOut
}
