// Package check holds the manifests beside it to what they promise, without a cluster: it builds
// them as `kubectl apply -k` would, decodes each object strictly into the type of its API, and looks
// at what must agree: selectors, ports, names, settings, and how pods are confined.
//
//	cd infra/kubernetes/check && go test -count=1 ./...
//
// The module is one of its own so that airlock's stays small, and begins one directory up because
// Go takes a cached result when only files outside of a module have changed. The program, which is
// run too, is outside: hence -count=1.
package check
