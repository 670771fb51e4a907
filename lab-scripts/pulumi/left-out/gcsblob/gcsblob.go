// Package gcsblob is left out of podlab's engine: it only knows the scheme of a Google bucket.
package gcsblob

// Scheme is how the URL of a Google bucket begins.
const Scheme = "gs"
