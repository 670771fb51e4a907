// Package authhelpers is left out of podlab's engine, which signs in to no cloud.
package authhelpers

import (
	"context"
	"errors"

	"gocloud.dev/blob"
)

// GoogleCredentialsMux fails and says why.
func GoogleCredentialsMux(context.Context) (*blob.URLMux, error) {
	return nil, errors.New("this build of the engine has no Google storage; use a file:// backend or the official engine")
}
