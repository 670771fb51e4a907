// Package s3 is left out of podlab's engine but for the one type that its file backend mentions.
package s3

// CopyObjectInput is what a copy within S3 would be asked with.
type CopyObjectInput struct {
	CopySource *string
}
