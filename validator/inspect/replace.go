//go:build !misbehave

package inspect

// replaced is f, but in a build for tests of isolation (go build -tags misbehave).
func replaced(f family) family { return f }
