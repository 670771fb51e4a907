// Package s3blob is left out of podlab's engine: no scheme s3 is registered.
package s3blob
