package operations

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

var errLeftOut = errors.New("this build of the engine reads no logs of a cloud; use the official engine")

// AWSOperationsProvider fails and says why.
func AWSOperationsProvider(context.Context, map[config.Key]string, *Resource) (Provider, error) {
	return nil, errLeftOut
}

// GCPOperationsProvider fails and says why.
func GCPOperationsProvider(context.Context, map[config.Key]string, *Resource) (Provider, error) {
	return nil, errLeftOut
}
