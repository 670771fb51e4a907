// Package azureblob is left out of podlab's engine: it knows the scheme azblob and opens nothing.
package azureblob

import (
	"context"
	"errors"
	"net/url"

	"gocloud.dev/blob"
)

// Scheme is how the URL of an Azure bucket begins.
const Scheme = "azblob"

// ServiceURLOptions has no options here.
type ServiceURLOptions struct{}

// NewDefaultServiceURLOptions returns no options.
func NewDefaultServiceURLOptions() *ServiceURLOptions { return &ServiceURLOptions{} }

// NewDefaultClient is never called.
func NewDefaultClient() {}

// URLOpener opens no bucket.
type URLOpener struct {
	MakeClient        func()
	ServiceURLOptions ServiceURLOptions
}

// OpenBucketURL fails and says why.
func (*URLOpener) OpenBucketURL(context.Context, *url.URL) (*blob.Bucket, error) {
	return nil, errors.New("this build of the engine has no Azure storage; use a file:// backend or the official engine")
}
