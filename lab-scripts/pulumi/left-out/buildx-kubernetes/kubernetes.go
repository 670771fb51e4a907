// Package kubernetes is left out of podlab's docker plugin: no builder runs in a Kubernetes cluster.
package kubernetes
