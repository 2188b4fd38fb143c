// Package check holds the manifests beside it to what they promise, without a cluster: it builds
// them as `kubectl apply -k` would, decodes each object strictly into the type of its API, and looks
// at what must agree: selectors, ports, names, settings, and how pods are confined.
//
// It is a module of its own so that airlock's stays small:
//
//	cd infra/kubernetes/check && go test ./...
package check
